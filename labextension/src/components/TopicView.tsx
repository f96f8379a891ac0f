import * as React from 'react';

import type { PlansState, Topic } from '../model/plans';
import { ProblemBox } from './ProblemBox';
import { useSurroundings } from './surroundings';

/** What a section says where there is no notebook, a problem, or no answer yet; else what it has. */
export function TopicView(props: {
  readonly state: PlansState;
  readonly topic: Topic;
  readonly children: React.ReactNode;
}): React.JSX.Element {
  const { state, topic, children } = props;
  const { trans } = useSurroundings();
  const problem = state.problems[topic];
  if (state.notebook === null) {
    return (
      <p className="nbm-Hint">{trans.__('Open a notebook to see more.')}</p>
    );
  }
  return (
    <>
      {problem && <ProblemBox problem={problem} />}
      {!problem && !state.answers[topic] && (
        <p className="nbm-Hint">{trans.__('Loading…')}</p>
      )}
      {state.answers[topic] && children}
    </>
  );
}
