import type * as React from 'react';

import type { NotFinite } from '../contract/wire';
import { metricText } from '../model/format';
import type { Listed, Order, PagedState } from '../model/pagedTable';
import type { Surroundings } from './surroundings';

/** A column of a table; it sorts where it has a `sort`. */
export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly width: string;
  readonly sort?: string;
  readonly metric?: string;
  readonly cell: (row: Row, around: Surroundings) => React.ReactNode;
  readonly hint?: (row: Row) => string;
}

/** What a reader can choose in all tables. */
export interface Chosen extends Order {
  readonly text?: string | undefined;
  readonly status?: string | undefined;
  readonly only?: boolean | undefined;
}

/** What views ask of a table's model. */
export interface Table<Row extends Listed> {
  readonly state: PagedState<Row, Chosen>;
  readonly count: number | null;
  row(index: number): Row | undefined;
  want(first: number, last: number): void;
  toggle(row: Row): void;
  sortBy(sort: string | undefined, metric?: string): void;
  choose(change: Partial<Chosen>): Promise<void>;
  showMetric(metric: string | null): Promise<void>;
  compare(): Promise<void>;
  refresh(): Promise<void>;
}

/** A column for each metric. */
export function metricColumns<Row extends Listed>(
  metrics: readonly string[]
): ReadonlyArray<Column<Row>> {
  return metrics.map(metric => ({
    key: `metric:${metric}`,
    title: metric,
    width: '96px',
    sort: 'metric',
    metric,
    cell: row => textOf(row.metrics[metric]),
    hint: row => String(row.metrics[metric] ?? '')
  }));
}

function textOf(value: number | NotFinite | undefined): string {
  return value === undefined ? '' : metricText(value);
}
