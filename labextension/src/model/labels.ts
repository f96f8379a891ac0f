const TRACK_LINE = /^%{1,2}mlops\s+track\s+([A-Za-z_][A-Za-z0-9_.-]*)/;
const TRACK_ALL = /^%mlops\s+track(\s+--values)?\s*$/m;
const CELL_MAGIC = /^%%\w+/;
const STEP_TAG = /^step:(.+)$/;

/** A cell that has the whole notebook recorded from there on. */
export const TRACK_CELL = '%load_ext nbmlops\n%mlops track';

/** Whether a cell has the whole notebook recorded. */
export function tracksNotebook(source: string): boolean {
  return TRACK_ALL.test(source);
}

/** What a step may be called, as a regular expression for the whole name. */
export const STEP_NAME = '[A-Za-z_][A-Za-z0-9_.\\-]*';

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
  return nameInSource(source) ?? nameInTags(tags);
}

/** The step that the first line of a cell names, or `null`. */
export function nameInSource(source: string): string | null {
  let magicSeen = false;
  for (const line of source.split('\n').map(text => text.trim())) {
    const match = TRACK_LINE.exec(line);
    if (match) {
      return match[1] ?? null;
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

function nameInTags(tags: readonly string[]): string | null {
  for (const tag of tags) {
    const match = STEP_TAG.exec(tag);
    if (match) {
      return match[1] ?? null;
    }
  }
  return null;
}

/** The tags of a cell once it is that step; what else it is tagged with stays. */
export function taggedAs(step: string, tags: readonly string[]): string[] {
  return [...tags.filter(tag => !STEP_TAG.test(tag)), `step:${step}`];
}
