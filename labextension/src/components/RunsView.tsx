import * as React from 'react';

import type { RunTable } from '../model/runTable';
import { ParallelPlot } from './ParallelPlot';
import { RunComparison } from './RunComparison';
import { FIRST, runColumns } from './runColumns';
import { ProblemBox } from './ProblemBox';
import { useSurroundings } from './surroundings';
import { ColumnChoice, TableBar, useColumns } from './TableBar';
import { TableGrid } from './TableGrid';

/** Parameters, metrics and outputs each that have a column at first. */
const FIRST_OF_EACH = 3;

/** The runs of a project: what is listed, parameters against a metric, two compared, the list. */
export function RunsView(props: {
  readonly table: RunTable;
  readonly onReport: (run: string) => void;
}): React.JSX.Element {
  const { table } = props;
  const { trans } = useSurroundings();
  const { state } = table;
  const all = runColumns(state, trans);
  const firstOf = (kind: string, names: readonly string[]): string[] =>
    names.slice(0, FIRST_OF_EACH).map(name => `${kind}:${name}`);
  const { isShown, toggle } = useColumns(all, [
    ...FIRST,
    ...firstOf('parameter', state.parameters),
    ...firstOf('metric', state.metrics),
    ...firstOf('output', state.outputs)
  ]);
  return (
    <div className="nbm-Executions-content" aria-busy={state.total === null}>
      <TableBar
        table={table}
        searched={trans.__('Pipeline or notebook')}
        statuses={[
          ['succeeded', trans.__('succeeded')],
          ['failed', trans.__('failed')],
          ['running', trans.__('running')],
          ['cancelled', trans.__('cancelled')],
          ['lost', trans.__('lost')]
        ]}
        plotted={trans.__('Parameters against a metric')}
        hint={trans.__('Choose two runs to compare them')}
        isComparable={state.selected.length === 2}
        total={(count, text) => trans._n('%2 run', '%2 runs', count, text)}
      >
        <ColumnChoice columns={all} isShown={isShown} onToggle={toggle} />
      </TableBar>
      {state.problem && <ProblemBox problem={state.problem} />}
      {state.plot && <ParallelPlot table={table} metric={state.plot.metric} />}
      {state.comparison && (
        <RunComparison
          comparison={state.comparison}
          onReport={props.onReport}
          onClose={() => table.closeComparison()}
        />
      )}
      {table.narrowed?.length === 0 ? (
        <p className="nbm-Hint">
          {trans.__('No run lies in all of these ranges.')}
        </p>
      ) : table.count === 0 ? (
        <p className="nbm-Hint">
          {state.choice.text || state.choice.status || state.choice.only
            ? trans.__('No run is like that.')
            : trans.__('No pipeline has run yet. Build one with')}{' '}
          {!(state.choice.text || state.choice.status || state.choice.only) && (
            <>
              <code>%mlops build</code> {trans.__('and run it with')}{' '}
              <code>%mlops run</code>
            </>
          )}
        </p>
      ) : (
        <TableGrid
          label={trans.__('Runs')}
          table={table}
          columns={all.filter(column => isShown(column.key))}
        />
      )}
    </div>
  );
}
