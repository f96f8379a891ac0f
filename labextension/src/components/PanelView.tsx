import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { PanelModel, PanelState, Problem } from '../model/panelModel';
import { standingOf } from '../model/standing';
import { RunList } from './RunList';
import { StepSection } from './StepSection';
import { useSurroundings } from './surroundings';

/** The whole panel: heading, what went wrong, the steps and the runs. */
export function PanelView({
  model
}: {
  readonly model: PanelModel;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { state } = model;
  return (
    <div className="nbm-Panel-content" aria-busy={state.loading}>
      <Heading state={state} onRefresh={() => void model.refresh()} />
      {state.problem && <ProblemBox problem={state.problem} />}
      <p className="nbm-Announcement" role="status">
        {state.restored !== null &&
          trans.__(
            "%1 was inserted below the step's cell, under the same name. Run it, then delete the cell that you do not want: a notebook with two cells of one name is not built.",
            state.restored
          )}
      </p>
      {state.notebook === null ? (
        <p className="nbm-Hint">
          {trans.__('Open a notebook to see its steps.')}
        </p>
      ) : (
        <Sections state={state} model={model} />
      )}
    </div>
  );
}

function Heading(props: {
  readonly state: PanelState;
  readonly onRefresh: () => void;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const path = props.state.notebook;
  return (
    <header className="nbm-Heading">
      <h2>MLOps</h2>
      <span className="nbm-Notebook" title={path ?? undefined}>
        {path?.split('/').pop()}
      </span>
      <button
        type="button"
        className="nbm-Button"
        aria-label={trans.__('Refresh')}
        title={trans.__('Refresh')}
        disabled={path === null}
        onClick={props.onRefresh}
      >
        <refreshIcon.react tag="span" height="16px" width="16px" />
      </button>
    </header>
  );
}

function ProblemBox({
  problem
}: {
  readonly problem: Problem;
}): React.JSX.Element {
  return (
    <div className="nbm-Problem" role="alert">
      <p>{problem.message}</p>
      {problem.cure !== null && <p>{problem.cure}</p>}
    </div>
  );
}

function Sections(props: {
  readonly state: PanelState;
  readonly model: PanelModel;
}): React.JSX.Element {
  const { steps, runs, progress } = props.state;
  const { trans } = useSurroundings();
  return (
    <>
      <details className="nbm-Section" open>
        <summary>{trans.__('Steps')}</summary>
        {steps && <StepList {...props} />}
      </details>
      <details className="nbm-Section" open>
        <summary>{trans.__('Runs')}</summary>
        {runs && <RunList runs={runs} progress={progress} />}
      </details>
    </>
  );
}

function StepList(props: {
  readonly state: PanelState;
  readonly model: PanelModel;
}): React.JSX.Element {
  const { steps, standings, unknown, selection, diff, values } = props.state;
  const { trans } = useSurroundings();
  if (!steps || steps.length === 0) {
    return (
      <p className="nbm-Hint">
        {trans.__('No step yet. Put')} <code>%mlops track NAME</code>{' '}
        {trans.__("on a cell's first line and run it.")}
      </p>
    );
  }
  return (
    <>
      {unknown !== null && (
        <p className="nbm-Hint">
          {trans.__('Whether the steps are fresh is not known: %1', unknown)}
        </p>
      )}
      {steps.map(step => (
        <StepSection
          key={step.name}
          step={step}
          standing={standingOf(standings, step.name)}
          selection={selection}
          diff={diff}
          values={values}
          model={props.model}
        />
      ))}
    </>
  );
}
