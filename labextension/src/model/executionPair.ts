import type { Change, ExecutionRow } from '../contract/wire';
import { durationText, metricText } from './format';

/**
 * Two executions, the older one first; `versions` where they ran two versions of one step.
 */
export interface Pair {
  readonly rows: readonly [ExecutionRow, ExecutionRow];
  readonly versions: {
    readonly notebook: string;
    readonly step: string;
    readonly before: number;
    readonly after: number;
  } | null;
}

/** What can be compared of those that were chosen; `null` unless they are two. */
export function compared(selected: readonly ExecutionRow[]): Pair | null {
  const [first, second] = [...selected].sort((a, b) => a.id - b.id);
  if (!first || !second || selected.length !== 2) {
    return null;
  }
  const [step, before] = parts(first.reference);
  const [other, after] = parts(second.reference);
  const same = step === other && first.notebook === second.notebook;
  const versions =
    same && before !== after
      ? {
          notebook: first.notebook,
          step,
          before: Math.min(before, after),
          after: Math.max(before, after)
        }
      : null;
  return { rows: [first, second], versions };
}

/** A step's name and the number of a version, of `train@2`. */
function parts(reference: string): readonly [string, number] {
  const at = reference.lastIndexOf('@');
  return [reference.slice(0, at), Number(reference.slice(at + 1))];
}

/** What the table itself knows to differ between two executions. */
export function differences(
  before: ExecutionRow,
  after: ExecutionRow
): readonly Change[] {
  const [older, newer] = [factsOf(before), factsOf(after)];
  return [...new Set([...older.keys(), ...newer.keys()])]
    .map(name => ({
      name,
      before: older.get(name) ?? null,
      after: newer.get(name) ?? null
    }))
    .filter(change => change.before !== change.after);
}

function factsOf(row: ExecutionRow): Map<string, string> {
  return new Map([
    ...Object.entries(row.metrics).map(([name, value]): [string, string] => [
      name,
      metricText(value)
    ]),
    ...Object.entries(row.parameters).map(([name, value]): [string, string] => [
      name,
      JSON.stringify(value)
    ]),
    ['status', row.status],
    ['duration', durationText(row.duration)],
    ['author', row.author],
    ['notebook', row.notebook],
    ['run', row.run ?? '–']
  ]);
}
