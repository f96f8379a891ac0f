import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Listed } from '../model/pagedTable';
import type { Column, Table } from './tableColumns';
import { useSurroundings } from './surroundings';

/** How long nobody types before what was typed is looked for, in milliseconds. */
const TYPING = 250;

/** A state that rows may be chosen by, and what it is called. */
export type Choosable = readonly [status: string, label: string];

/** What a table lists, what is done with its rows, and how many there are. */
export function TableBar<Row extends Listed>(props: {
  readonly table: Table<Row>;
  readonly searched: string;
  readonly statuses: readonly Choosable[];
  readonly plotted: string;
  readonly hint: string;
  readonly isComparable: boolean;
  readonly total: (count: number, text: string) => string;
  readonly children: React.ReactNode;
}): React.JSX.Element {
  const { table, searched } = props;
  const { state } = table;
  const { trans, locale } = useSurroundings();
  const [text, setText] = React.useState(state.choice.text ?? '');
  React.useEffect(() => {
    const typed = text.trim();
    const wait = window.setTimeout(() => {
      if (typed !== (table.state.choice.text ?? '')) {
        void table.choose({ text: typed });
      }
    }, TYPING);
    return () => window.clearTimeout(wait);
  }, [table, text]);
  return (
    <div
      className="nbm-Executions-bar"
      role="group"
      aria-label={trans.__('What is listed')}
    >
      <input
        type="search"
        value={text}
        placeholder={searched}
        aria-label={searched}
        onChange={event => setText(event.target.value)}
      />
      <select
        aria-label={trans.__('Status')}
        value={state.choice.status ?? ''}
        onChange={event =>
          void table.choose({ status: event.target.value || undefined })
        }
      >
        <option value="">{trans.__('Any status')}</option>
        {props.statuses.map(([status, label]) => (
          <option key={status} value={status}>
            {label}
          </option>
        ))}
      </select>
      {state.choice.at.endsWith('.ipynb') && (
        <label>
          <input
            type="checkbox"
            checked={state.choice.only ?? false}
            onChange={event =>
              void table.choose({ only: event.target.checked })
            }
          />
          {trans.__('This notebook only')}
        </label>
      )}
      <select
        aria-label={props.plotted}
        value={state.plot?.metric ?? ''}
        disabled={state.metrics.length === 0}
        onChange={event => void table.showMetric(event.target.value || null)}
      >
        <option value="">{trans.__('No plot')}</option>
        {state.metrics.map(name => (
          <option key={name} value={name}>
            {trans.__('Plot %1', name)}
          </option>
        ))}
      </select>
      {props.children}
      <button
        type="button"
        className="nbm-Button"
        disabled={!props.isComparable}
        title={props.hint}
        onClick={() => void table.compare()}
      >
        {trans.__('Compare')}
      </button>
      <span className="nbm-Executions-total" role="status">
        {table.count === null
          ? trans.__('Loading…')
          : props.total(table.count, table.count.toLocaleString(locale))}
        {state.choice.sort === 'metric' &&
          ` ${trans.__('that have %1', state.choice.metric ?? '')}`}
        {state.outdated && ` · ${trans.__('there are newer ones')}`}
      </span>
      <button
        type="button"
        className="nbm-Button"
        aria-label={trans.__('Refresh')}
        title={trans.__('Refresh')}
        onClick={() => void table.refresh()}
      >
        <refreshIcon.react tag="span" height="16px" width="16px" />
      </button>
    </div>
  );
}

/** Which columns are shown: those that were `first`, until the reader chooses. */
export function useColumns<Row>(
  all: ReadonlyArray<Column<Row>>,
  first: readonly string[]
): {
  readonly isShown: (key: string) => boolean;
  readonly toggle: (key: string) => void;
} {
  const [hidden, setHidden] = React.useState<ReadonlySet<string> | null>(null);
  const isShown = (key: string): boolean =>
    hidden ? !hidden.has(key) : first.includes(key);
  const toggle = (key: string): void => {
    const next = new Set(
      all.map(column => column.key).filter(one => !isShown(one))
    );
    if (!next.delete(key)) {
      next.add(key);
    }
    setHidden(next);
  };
  return { isShown, toggle };
}

/** The columns to choose from. */
export function ColumnChoice<Row>(props: {
  readonly columns: ReadonlyArray<Column<Row>>;
  readonly isShown: (key: string) => boolean;
  readonly onToggle: (key: string) => void;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  return (
    <details className="nbm-Executions-columns">
      <summary>{trans.__('Columns')}</summary>
      <fieldset>
        <legend className="nbm-Hidden">{trans.__('Columns')}</legend>
        {props.columns.map(column => (
          <label key={column.key}>
            <input
              type="checkbox"
              checked={props.isShown(column.key)}
              onChange={() => props.onToggle(column.key)}
            />
            {column.title}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
