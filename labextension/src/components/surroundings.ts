import { nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

/**
 * What every component needs to speak to the reader.
 *
 * `now` is in milliseconds since the epoch; `locale` a BCP 47 tag. `outside` is where no notebook
 * is open: what needs one is not offered there. `kernel` is where the kernel of a notebook answers
 * all the same: it puts versions back.
 */
export interface Surroundings {
  readonly trans: TranslationBundle;
  readonly locale: string;
  readonly now: number;
  readonly outside?: boolean;
  readonly kernel?: boolean;
}

export const SurroundingsContext = React.createContext<Surroundings>({
  trans: nullTranslator.load('nbmlops'),
  locale: 'en',
  now: 0
});

/** The language, locale and time in which a component speaks. */
export function useSurroundings(): Surroundings {
  return React.useContext(SurroundingsContext);
}
