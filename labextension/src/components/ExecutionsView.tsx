import * as React from 'react';

import type { VersionPair } from '../api/client';
import { compared, differences } from '../model/executionPair';
import type { Comparison, ExecutionTable } from '../model/executionTable';
import { ChangeTable, DiffView } from './DiffView';
import { columnsOf, FIRST, FIRST_METRICS } from './executionColumns';
import { MetricPlot } from './MetricPlot';
import { ProblemBox } from './ProblemBox';
import { useSurroundings } from './surroundings';
import { ColumnChoice, TableBar, useColumns } from './TableBar';
import { TableGrid } from './TableGrid';

/**
 * The executions of a project: what is listed, the plot, two compared, and the list. `onCompare`
 * shows more of what differs between two versions.
 */
export function ExecutionsView(props: {
  readonly table: ExecutionTable;
  readonly onCompare?: ((pair: VersionPair) => void) | undefined;
}): React.JSX.Element {
  const { table, onCompare } = props;
  const { trans } = useSurroundings();
  const { state } = table;
  const all = columnsOf(state.metrics, trans);
  const metrics = state.metrics.slice(0, FIRST_METRICS);
  const { isShown, toggle } = useColumns(all, [
    ...FIRST,
    ...metrics.map(name => `metric:${name}`)
  ]);
  return (
    <div className="nbm-Executions-content" aria-busy={state.total === null}>
      <TableBar
        table={table}
        searched={trans.__('Step or notebook')}
        statuses={[
          ['ok', trans.__('succeeded')],
          ['error', trans.__('failed')],
          ['interrupted', trans.__('interrupted')]
        ]}
        plotted={trans.__('Plot')}
        hint={trans.__('Choose two executions to compare them')}
        isComparable={compared(state.selected) !== null}
        total={(count, text) =>
          trans._n('%2 execution', '%2 executions', count, text)
        }
      >
        <ColumnChoice columns={all} isShown={isShown} onToggle={toggle} />
      </TableBar>
      {state.problem && <ProblemBox problem={state.problem} />}
      {state.plot && (
        <MetricPlot
          plot={state.plot}
          selected={state.selected}
          onChoose={row => table.toggle(row)}
        />
      )}
      {state.comparison && (
        <Compared
          comparison={state.comparison}
          onCompare={onCompare}
          onClose={() => table.closeComparison()}
        />
      )}
      {state.total === 0 ? (
        <Empty isRecorded={state.recorded} />
      ) : (
        <TableGrid
          label={trans.__('Executions')}
          table={table}
          columns={all.filter(column => isShown(column.key))}
        />
      )}
    </div>
  );
}

function Empty({
  isRecorded
}: {
  readonly isRecorded: boolean;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  return isRecorded ? (
    <p className="nbm-Hint">
      {trans.__('No execution of a step is like that.')}
    </p>
  ) : (
    <p className="nbm-Hint">
      {trans.__('Nothing was recorded in this folder yet. In a notebook, put')}{' '}
      <code>%mlops track NAME</code>{' '}
      {trans.__("on a cell's first line and run it.")}
    </p>
  );
}

function Compared(props: {
  readonly comparison: Comparison;
  readonly onCompare: ((pair: VersionPair) => void) | undefined;
  readonly onClose: () => void;
}): React.JSX.Element {
  const { onCompare } = props;
  const { trans } = useSurroundings();
  const { pair, diff } = props.comparison;
  const [before, after] = pair;
  const title = trans.__(
    '%1 (@%2) and %3 (@%4)',
    before.reference,
    before.id,
    after.reference,
    after.id
  );
  const changes = differences(before, after);
  const versions = compared(pair)?.versions ?? null;
  return (
    <section className="nbm-Executions-compared" aria-label={title}>
      <header>
        <h4>{title}</h4>
        <button type="button" className="nbm-Button" onClick={props.onClose}>
          {trans.__('Close')}
        </button>
      </header>
      <ChangeTable title={trans.__('Executions')} changes={changes} />
      {changes.length === 0 && (
        <p className="nbm-Hint">
          {trans.__(
            'Their metrics, parameters, durations and ends are the same.'
          )}
        </p>
      )}
      {before.reference === after.reference &&
        before.notebook === after.notebook && (
          <p className="nbm-Hint">
            {trans.__('Both ran %1: their code is the same.', before.reference)}
          </p>
        )}
      {diff && (
        <DiffView
          diff={diff}
          onOpen={versions && onCompare ? () => onCompare(versions) : undefined}
          onClose={props.onClose}
        />
      )}
    </section>
  );
}
