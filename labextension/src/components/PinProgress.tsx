import * as React from 'react';

import { durationText } from '../model/format';
import type { Pinning } from '../model/plans';
import { useSurroundings } from './surroundings';

/** How often it is said how long it has taken, in milliseconds. */
const TICK = 1000;

/** That a data set is being pinned, and for how long by now: files are read and kept whole. */
export function PinProgress({
  pinning
}: {
  readonly pinning: Pinning;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { name, since } = pinning;
  const [now, tick] = React.useState(since);
  React.useEffect(() => {
    const clock = window.setInterval(() => tick(Date.now()), TICK);
    return () => window.clearInterval(clock);
  }, [since]);
  const seconds = Math.round((now - since) / 1000);
  const told = trans.__('Pinning %1: what the step has read is kept', name);
  return (
    <div className="nbm-Item">
      <p role="status">{told}</p>
      <progress aria-label={told} />
      <p className="nbm-Facts" aria-hidden="true">
        {seconds > 0 && durationText(seconds)}
      </p>
    </div>
  );
}
