import * as React from 'react';

import type { TimesResponse } from '../contract/wire';
import { useSurroundings } from './surroundings';

/** A cron expression in words, and when it is due next on its own clock. */
export function UpcomingTimes({
  times
}: {
  readonly times: TimesResponse;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  return (
    <div className="nbm-Times" role="status">
      <p>{times.words}</p>
      {times.next.length > 0 ? (
        <NextTimes
          label={trans.__('Next times')}
          next={times.next}
          timezone={times.timezone}
        />
      ) : (
        <p>{trans.__('next on its event')}</p>
      )}
    </div>
  );
}

/** Due times on the clock of a time zone. */
export function NextTimes(props: {
  readonly label: string;
  readonly next: readonly string[];
  readonly timezone: string;
}): React.JSX.Element {
  const { locale } = useSurroundings();
  const format = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone: props.timezone
  });
  return (
    <ol aria-label={props.label}>
      {props.next.map(at => (
        <li key={at}>
          <time dateTime={at}>{format.format(new Date(at))}</time>
        </li>
      ))}
    </ol>
  );
}
