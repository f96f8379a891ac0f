import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { ExecutionRow } from '../contract/wire';
import { durationText, exactTime } from '../model/format';
import { StatusIcon } from './StatusIcon';
import { metricColumns } from './tableColumns';
import type { Column } from './tableColumns';
import { When } from './When';

/** Those that are shown at first, besides the first metrics. */
export const FIRST: readonly string[] = [
  'status',
  'step',
  'started',
  'duration',
  'run',
  'author',
  'notebook'
];

/** Metrics that have a column at first. */
export const FIRST_METRICS = 3;

/** Every column that there may be. */
export function columnsOf(
  metrics: readonly string[],
  trans: TranslationBundle
): ReadonlyArray<Column<ExecutionRow>> {
  return [
    {
      key: 'number',
      title: trans.__('Number'),
      width: '80px',
      sort: 'recorded',
      cell: row => `@${row.id}`
    },
    {
      key: 'status',
      title: trans.__('Status'),
      width: '72px',
      sort: 'status',
      cell: row => <StatusIcon status={row.status} />
    },
    {
      key: 'step',
      title: trans.__('Step'),
      width: 'minmax(120px, 1.5fr)',
      sort: 'step',
      cell: row => <strong className="nbm-Reference">{row.reference}</strong>,
      hint: row => row.reference
    },
    {
      key: 'started',
      title: trans.__('Started'),
      width: '110px',
      sort: 'started',
      cell: row => <When at={row.started_at} />,
      hint: row => exactTime(row.started_at, 'default')
    },
    {
      key: 'duration',
      title: trans.__('Duration'),
      width: '96px',
      sort: 'duration',
      cell: row => durationText(row.duration)
    },
    ...metricColumns<ExecutionRow>(metrics),
    {
      key: 'parameters',
      title: trans.__('Parameters'),
      width: 'minmax(120px, 1fr)',
      cell: row => parametersText(row),
      hint: row => parametersText(row)
    },
    {
      key: 'run',
      title: trans.__('Pipeline run'),
      width: 'minmax(120px, 1fr)',
      cell: row => row.run ?? trans.__('in the notebook'),
      hint: row => row.run ?? trans.__('in the notebook')
    },
    {
      key: 'author',
      title: trans.__('Author'),
      width: 'minmax(80px, 1fr)',
      sort: 'author',
      cell: row => row.author
    },
    {
      key: 'notebook',
      title: trans.__('Notebook'),
      width: 'minmax(120px, 1.5fr)',
      cell: row => row.notebook,
      hint: row => row.notebook
    }
  ];
}

function parametersText(row: ExecutionRow): string {
  return Object.entries(row.parameters)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ');
}
