import * as React from 'react';

import { exactTime, relativeTime } from '../model/format';
import { useSurroundings } from './surroundings';

/**
 * A moment in words, with its exact time on hover.
 *
 * What has been is never said to come, though the server's clock may be ahead of the browser's;
 * `ahead` is for what may come.
 */
export function When(props: {
  readonly at: string;
  readonly ahead?: boolean;
}): React.JSX.Element {
  const { at, ahead = false } = props;
  const { locale, now } = useSurroundings();
  return (
    <time className="nbm-When" dateTime={at} title={exactTime(at, locale)}>
      {relativeTime(at, ahead ? now : Math.max(now, Date.parse(at)), locale)}
    </time>
  );
}
