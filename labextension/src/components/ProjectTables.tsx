import * as React from 'react';

import type { VersionPair } from '../api/client';
import type { ExecutionTable } from '../model/executionTable';
import type { RunTable } from '../model/runTable';
import { ExecutionsView } from './ExecutionsView';
import { RunsView } from './RunsView';
import { useSurroundings } from './surroundings';

/** Which of the tables is looked at. */
export type TableName = 'executions' | 'runs';

/** The executions of a project's steps, or the runs of its pipelines, as the reader chooses. */
export function ProjectTables(props: {
  readonly executions: ExecutionTable;
  readonly runs: RunTable;
  readonly shown: TableName;
  readonly onShow: (shown: TableName) => void;
  readonly onReport: (run: string) => void;
  readonly onCompare?: ((pair: VersionPair) => void) | undefined;
}): React.JSX.Element {
  const { shown } = props;
  const { trans } = useSurroundings();
  const name = React.useId();
  const choices: ReadonlyArray<readonly [TableName, string]> = [
    ['executions', trans.__('Executions')],
    ['runs', trans.__('Runs')]
  ];
  return (
    <div className="nbm-Executions-content">
      <div
        className="nbm-Executions-tables"
        role="radiogroup"
        aria-label={trans.__('Table')}
      >
        {choices.map(([table, label]) => (
          <label key={table}>
            <input
              type="radio"
              name={name}
              checked={shown === table}
              onChange={() => props.onShow(table)}
            />
            {label}
          </label>
        ))}
      </div>
      {shown === 'executions' ? (
        <ExecutionsView table={props.executions} onCompare={props.onCompare} />
      ) : (
        <RunsView table={props.runs} onReport={props.onReport} />
      )}
    </div>
  );
}
