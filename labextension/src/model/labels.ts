import { said } from '../api/sentence';
import type { Sentence } from '../api/sentence';

const TRACK_LINE = /^%{1,2}mlops[ \t]+track([ \t].*)?$/;
const TRACK_ALL = /^%mlops\s+track(\s+--values)?\s*$/m;
const CELL_MAGIC = /^%%\w+/;
const STEP_TAG = /^(?:step|block):(.+)$/;
const WORD = /(?:[^\s"']|"[^"]*"|'[^']*')+/g;

/** The options of a label that are followed by a word of their own. */
const WITH_VALUE = new Set([
  '--metric',
  '-m',
  '--timeout',
  '--retries',
  '--retry-delay',
  '--memory',
  '--cpus',
  '--gpus',
  '--resources',
  '--on-failure'
]);

/** Words that references understand by themselves, such as `checkout latest`. */
const TAKEN = new Set(['approved', 'latest']);

/** A cell that has the whole notebook recorded from there on. */
export const TRACK_CELL = '%load_ext nbmlops\n%mlops track';

/** The line of a cell that has the whole notebook recorded, or `null`. */
export function trackLine(source: string): string | null {
  return TRACK_ALL.exec(source)?.[0].trim() ?? null;
}

/** What a step may be called, as a regular expression for the whole name. */
export const STEP_NAME = '[A-Za-z_][A-Za-z0-9_.\\-]*';

const WHOLE_NAME = new RegExp(`^(?:${STEP_NAME})$`);

/**
 * What a cell says that it is: a `step`, or none with the `problem` that keeps it from being one;
 * `typed` is the name as it was typed.
 */
export interface Label {
  readonly step: string | null;
  readonly typed: string;
  readonly problem: Sentence | null;
}

/**
 * The step that a cell is, or `null`.
 *
 * A cell is named by `%mlops track NAME` as its first line (blank lines, comments and one other
 * `%%magic` line may come before it) or by a tag `step:NAME`.
 */
export function stepName(
  source: string,
  tags: readonly string[]
): string | null {
  return labelOf(source, tags)?.step ?? null;
}

/**
 * What a cell says that it is, as nbmlops in its kernel understands it; `null` where it says
 * nothing. A line wins over tags, also where it names nothing.
 */
export function labelOf(source: string, tags: readonly string[]): Label | null {
  const options = labelLine(source);
  if (options !== null) {
    return labelWith(namesIn(options));
  }
  const tagged = tags.flatMap(tag => STEP_TAG.exec(tag)?.[1] ?? []);
  return labelWith(tagged.slice(0, 1));
}

/** Whether a line of a cell says what it is, so that a tag does not. */
export function hasLabelLine(source: string): boolean {
  return labelLine(source) !== null;
}

function labelWith(names: readonly string[]): Label | null {
  const typed = names.join(' ');
  if (names.length === 0) {
    return null;
  }
  const problem = problemOf(names);
  return { step: problem === null ? typed : null, typed, problem };
}

function problemOf(names: readonly string[]): Sentence | null {
  const [name = ''] = names;
  if (names.length > 1) {
    return said(
      "A step's name is one word, not %1: %2.",
      String(names.length),
      names.join(', ')
    );
  }
  if (TAKEN.has(name)) {
    return said(
      "'%1' says which version or state is meant: give the step another name.",
      name
    );
  }
  return WHOLE_NAME.test(name)
    ? null
    : said(
        "'%1' is not a step name: begin with a letter or _ and use letters, digits, _ - and .",
        name
      );
}

/** What stands behind the label on the line that is one; `null` where there is none. */
function labelLine(source: string): string | null {
  let magicSeen = false;
  for (const line of source.split('\n').map(text => text.trim())) {
    const match = TRACK_LINE.exec(line);
    if (match) {
      return match[1] ?? '';
    }
    if (line === '' || line.startsWith('#')) {
      continue;
    }
    if (magicSeen || !CELL_MAGIC.test(line)) {
      return null;
    }
    magicSeen = true;
  }
  return null;
}

/** The words of a label that are neither options nor what follows these. */
function namesIn(options: string): string[] {
  const words = options.replace(/(^|\s)#.*$/, '').match(WORD) ?? [];
  return words
    .filter(
      (word, at) =>
        !word.startsWith('-') && !WITH_VALUE.has(words[at - 1] ?? '')
    )
    .map(word => word.replace(/["']/g, ''));
}

/** The tags of a cell once it is that step; what else it is tagged with stays. */
export function taggedAs(step: string, tags: readonly string[]): string[] {
  return [...tags.filter(tag => !STEP_TAG.test(tag)), `step:${step}`];
}
