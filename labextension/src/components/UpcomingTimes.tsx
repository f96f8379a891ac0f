import * as React from 'react';

import type { NewWhen, TimesResponse } from '../contract/wire';
import { useSurroundings } from './surroundings';
import { whenText } from './whenText';

/**
 * In words what was asked for, and when it is due next on its own clock. The server has words for
 * each cron expression, but English ones.
 */
export function UpcomingTimes(props: {
  readonly when: NewWhen;
  readonly times: TimesResponse;
}): React.JSX.Element {
  const { when, times } = props;
  const { trans, locale } = useSurroundings();
  const words = /^en\b/.test(locale)
    ? times.words
    : `${whenText(when, trans, locale)} (${times.timezone})`;
  return (
    <div className="nbm-Times" role="status">
      <p>{words}</p>
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
