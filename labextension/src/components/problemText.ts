import type { TranslationBundle } from '@jupyterlab/translation';

import type { Sentence } from '../api/sentence';
import type { Problem } from '../model/problem';

/** A sentence of the front end in the reader's language; what came from elsewhere, as it is. */
export function spoken(
  sentence: string | Sentence,
  trans: TranslationBundle
): string {
  return typeof sentence === 'string'
    ? sentence
    : trans.gettext(sentence.text, ...sentence.facts);
}

/** What went wrong and what to do about it, where there is room for one line. */
export function problemText(
  { message, cure }: Omit<Problem, 'details'>,
  trans: TranslationBundle
): string {
  return [message, cure ?? '']
    .map(sentence => spoken(sentence, trans))
    .filter(Boolean)
    .join(' ');
}
