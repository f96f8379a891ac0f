import * as React from 'react';

import type { RunEvent } from '../contract/wire';
import { durationText } from '../model/format';
import { share } from '../model/progress';
import { useSurroundings } from './surroundings';

/** Where a run that goes on stands: a bar, the step and cell, how long, what it printed last. */
export function RunProgress({
  event
}: {
  readonly event: RunEvent;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const done = share(event);
  const place =
    event.cell === null
      ? trans.__('starting')
      : trans.__('cell %1 of %2', event.cell, event.cells);
  const facts = [event.step, place, durationText(event.seconds ?? 0)];
  return (
    <div className="nbm-Progress">
      <progress
        aria-label={trans.__('Progress of %1', event.run)}
        {...(done !== null && { value: done })}
      />
      <p className="nbm-Facts">{facts.filter(Boolean).join(' · ')}</p>
      {event.line !== null && (
        <p className="nbm-Printed" title={trans.__('The last printed line')}>
          {event.line}
        </p>
      )}
    </div>
  );
}
