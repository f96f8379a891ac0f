import * as React from 'react';

import type { PanelModel, PanelState } from '../model/panelModel';
import { standingOf } from '../model/standing';
import type { PanelHost, SectionProps } from './sectionProps';
import { StepSection } from './StepSection';
import { useSurroundings } from './surroundings';

/** The steps of the notebook, each with its versions and whether its result still holds. */
export function StepsSection({ model, host }: SectionProps): React.JSX.Element {
  const { trans } = useSurroundings();
  const { state } = model;
  if (state.notebook === null) {
    return (
      <p className="nbm-Hint">
        {trans.__('Open a notebook to see its steps.')}
      </p>
    );
  }
  return (
    <>{state.steps && <StepList state={state} model={model} host={host} />}</>
  );
}

function StepList(props: {
  readonly state: PanelState;
  readonly model: PanelModel;
  readonly host: PanelHost;
}): React.JSX.Element {
  const { steps, standings, unknown, selection, diff, values } = props.state;
  const { savedAt, edited, opened } = props.state;
  const { trans, locale } = useSurroundings();
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
      {edited && savedAt !== null && (
        <p className="nbm-Hint">
          {trans.__(
            'As saved at %1; save the notebook to see later edits.',
            new Date(savedAt).toLocaleTimeString(locale)
          )}
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
          opened={opened?.step === step.name ? opened : null}
          model={props.model}
          host={props.host}
        />
      ))}
    </>
  );
}
