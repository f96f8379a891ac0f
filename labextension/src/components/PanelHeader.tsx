import { listIcon, refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { ProblemBox } from './ProblemBox';
import { restorationText } from './restorationText';
import type { SectionProps } from './sectionProps';
import { useSurroundings } from './surroundings';

/** What stands above the sections: the notebook, what went wrong, and what became of an action. */
export function PanelHeader({
  model,
  plans,
  host
}: SectionProps): React.JSX.Element {
  const { trans } = useSurroundings();
  const { state } = model;
  const { done, failed, busy } = plans.state;
  const refresh = (): void => {
    plans.refresh();
    void model.refresh();
  };
  return (
    <div className="nbm-Header" aria-busy={state.loading || busy}>
      <Heading
        path={state.notebook}
        onRefresh={refresh}
        onExecutions={() => host.openExecutions()}
      />
      {state.problem && <ProblemBox problem={state.problem} />}
      {failed && <ProblemBox problem={failed} />}
      <p className="nbm-Announcement" role="status">
        {state.restored !== null && restorationText(state.restored, trans)}
        {done}
      </p>
    </div>
  );
}

function Heading(props: {
  readonly path: string | null;
  readonly onRefresh: () => void;
  readonly onExecutions: () => void;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { path, onRefresh, onExecutions } = props;
  return (
    <div className="nbm-Heading">
      <h2>MLOps</h2>
      <span className="nbm-Notebook" title={path ?? undefined}>
        {path?.split('/').pop()}
      </span>
      <button
        type="button"
        className="nbm-Button"
        aria-label={trans.__('All executions')}
        title={trans.__('All executions of the steps of this project')}
        onClick={onExecutions}
      >
        <listIcon.react tag="span" height="16px" width="16px" />
      </button>
      <button
        type="button"
        className="nbm-Button"
        aria-label={trans.__('Refresh')}
        title={trans.__('Refresh')}
        disabled={path === null}
        onClick={onRefresh}
      >
        <refreshIcon.react tag="span" height="16px" width="16px" />
      </button>
    </div>
  );
}
