import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { PipelineGraph } from '../contract/wire';
import { Badge } from './Badge';
import { PipelineDiagram } from './PipelineDiagram';
import { Action } from './RunActions';
import { useTopic } from './sectionProps';
import type { SectionProps } from './sectionProps';
import { useSurroundings } from './surroundings';
import { TopicView } from './TopicView';
import { When } from './When';

/** A pipeline of the notebook as it is drawn; of several, one that is chosen. */
export function PipelineSection(props: SectionProps): React.JSX.Element {
  const state = useTopic(props, 'pipelines');
  const { trans } = useSurroundings();
  const [chosen, choose] = React.useState<string | null>(null);
  const found = state.answers.pipelines?.pipelines ?? [];
  const graph = found.find(one => one.name === chosen) ?? found[0];
  return (
    <TopicView state={state} topic="pipelines">
      {found.length > 1 && (
        <label className="nbm-Field">
          {trans.__('Pipeline')}
          <select
            value={graph?.name}
            onChange={event => choose(event.target.value)}
          >
            {found.map(one => (
              <option key={one.name}>{one.name}</option>
            ))}
          </select>
        </label>
      )}
      {graph ? (
        <Pipeline {...props} graph={graph} />
      ) : (
        <>
          <p className="nbm-Hint">
            {trans.__('No pipeline yet. Build one of the steps here, or with')}{' '}
            <code>%mlops build</code>
          </p>
          <div className="nbm-Actions nbm-mod-top">
            <button
              type="button"
              className="nbm-Button nbm-mod-text"
              onClick={() => props.host.build()}
            >
              {trans.__('Build pipeline')}
            </button>
          </div>
        </>
      )}
    </TopicView>
  );
}

function Pipeline(
  props: SectionProps & { readonly graph: PipelineGraph }
): React.JSX.Element {
  const { graph, model, plans, host } = props;
  const { trans, outside = false } = useSurroundings();
  const event =
    graph.run !== null ? model.state.progress[graph.run] : undefined;
  const open = (step: string): void => {
    host.reveal();
    plans.notebook?.showStep(step);
  };
  return (
    <div className="nbm-Pipeline">
      <p className="nbm-Pipeline-facts">
        <strong className="nbm-Reference">{graph.reference}</strong>
        <Badge
          tone={graph.approved ? 'good' : 'quiet'}
          label={
            graph.approved ? trans.__('approved') : trans.__('not approved')
          }
          reason=""
        />
        <span className="nbm-Facts">{graph.author}</span>
        <When at={graph.created_at} />
      </p>
      <div className="nbm-Actions">
        <Action
          label={trans.__('Review…')}
          of={graph.reference}
          onClick={() => host.openReview(graph.reference)}
        />
        <Action
          label={trans.__('Run…')}
          of={graph.reference}
          title={
            outside
              ? trans.__('Build the notebook as it is saved, and run it')
              : trans.__('Save and build the notebook, and run its pipeline')
          }
          onClick={() => host.run()}
        />
        <Action
          label={trans.__('Schedule…')}
          of={graph.reference}
          onClick={() => host.openSchedule()}
        />
      </div>
      <p className="nbm-Facts">{factsOf(graph, outside, trans)}</p>
      <PipelineDiagram
        graph={graph}
        event={event}
        standings={model.state.standings}
        onOpen={open}
      />
    </div>
  );
}

/** What the diagram shows, and where a step of it leads. */
function factsOf(
  { run }: PipelineGraph,
  outside: boolean,
  trans: TranslationBundle
): string {
  if (run === null) {
    return outside
      ? trans.__('It has not run yet; choose a step to see its versions.')
      : trans.__('It has not run yet; choose a step to go to its cell.');
  }
  return outside
    ? trans.__('Its steps as in %1; choose one to see its versions.', run)
    : trans.__('Its steps as in %1; choose one to go to its cell.', run);
}
