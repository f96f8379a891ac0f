import * as React from 'react';

import { exactTime, relativeTime } from '../model/format';
import { useSurroundings } from './surroundings';

/** A moment in words, with its exact time on hover. */
export function When({ at }: { readonly at: string }): React.JSX.Element {
  const { locale, now } = useSurroundings();
  return (
    <time className="nbm-When" dateTime={at} title={exactTime(at, locale)}>
      {relativeTime(at, now, locale)}
    </time>
  );
}
