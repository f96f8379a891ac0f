import * as React from 'react';

import type { Standing, State } from '../contract/wire';
import { Badge } from './Badge';
import { useSurroundings } from './surroundings';

/** Whether the result of a step still follows from the notebook, and if not, why. */
export function StepStanding({
  standing
}: {
  readonly standing: Standing;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const labels: Record<State, string> = {
    fresh: trans.__('fresh'),
    stale: trans.__('stale'),
    failed: trans.__('failed'),
    'never run': trans.__('never run'),
    'not recorded': trans.__('not recorded')
  };
  return (
    <Badge
      tone={TONES[standing.state]}
      label={labels[standing.state]}
      reason={[
        ...standing.reasons.map(reason => reason.detail),
        ...(standing.others_above > 0
          ? [
              trans._n(
                'and %1 more cell above',
                'and %1 more cells above',
                standing.others_above,
                standing.others_above
              )
            ]
          : []),
        ...standing.held.map(other => other.detail),
        ...(standing.named_in.length > 0
          ? [trans.__('named in cells %1', standing.named_in.join(', '))]
          : [])
      ].join('; ')}
    />
  );
}

const TONES: Record<State, 'good' | 'bad' | 'busy' | 'quiet'> = {
  fresh: 'good',
  stale: 'busy',
  failed: 'bad',
  'never run': 'quiet',
  'not recorded': 'quiet'
};
