import type { Run } from '../contract/wire';
import type { Axis, Line, Parallel } from './parallel';

/** How fine what is drawn on an axis with numbers is: in so many parts of its length. */
const FINENESS = 200;

/** How near a range comes to a kind that is meant: a part of the way from one to the next. */
const NEAR = 0.3;

/** A part of an axis, as that counts, with both ends; it is open towards what is not finite. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The ranges that were chosen, by the names of their axes. */
export type Brushes = Readonly<Record<string, Range>>;

/** The lines that lie in every range; ranges of axes that are not drawn do not count. */
export function within(
  { axes, lines }: Parallel,
  brushes: Brushes
): readonly Line[] {
  const chosen = axes.flatMap(({ name }, at): Array<[number, Range]> => {
    const range = brushes[name];
    return range ? [[at, range]] : [];
  });
  return lines.filter(({ amounts }) =>
    chosen.every(([at, { from, to }]) => {
      const amount = amounts[at] ?? null;
      return amount !== null && from <= amount && amount <= to;
    })
  );
}

/** Whether a range of an axis that is drawn was chosen. */
export function isNarrowed({ axes }: Parallel, brushes: Brushes): boolean {
  return axes.some(({ name }) => name in brushes);
}

/** The brushes with another range on an axis; with none on it for `null`. */
export function brushed(
  brushes: Brushes,
  axis: string,
  range: Range | null
): Brushes {
  const others = Object.fromEntries(
    Object.entries(brushes).filter(([name]) => name !== axis)
  );
  const open = range?.from === -Infinity && range.to === Infinity;
  return range === null || open ? others : { ...others, [axis]: range };
}

/** What lies between two places of an axis, each from 0, below, to 1; `null` where nothing does. */
export function rangeBetween(
  axis: Axis,
  one: number,
  other: number
): Range | null {
  const { lowest, highest, kinds } = axis;
  const amountAt = (place: number): number =>
    lowest + place * (highest - lowest);
  const from = amountAt(Math.min(one, other));
  const to = amountAt(Math.max(one, other));
  if (kinds) {
    const first = Math.max(lowest, Math.ceil(from - NEAR));
    const last = Math.min(highest, Math.floor(to + NEAR));
    return first <= last ? { from: first, to: last } : null;
  }
  const part = (highest - lowest) / FINENESS;
  const even = (amount: number): number =>
    Number((Math.round(amount / part) * part).toPrecision(12));
  return part > 0 ? { from: even(from), to: even(to) } : null;
}

/** Which rows come first, as the table has it. */
export interface Sorting {
  readonly sort?: string | undefined;
  readonly descending?: boolean | undefined;
  readonly metric?: string | undefined;
}

/** Runs in the order of the table; those without what it is sorted by last, else the newest first. */
export function inOrder(
  runs: readonly Run[],
  { sort, descending = true, metric }: Sorting
): readonly Run[] {
  const sign = descending ? -1 : 1;
  return [...runs].sort((a, b) => {
    const [one, other] = [a, b].map(run => keyOf(run, sort, metric));
    if (one === null || other === null || one === undefined) {
      return Number(one === null) - Number(other === null) || b.id - a.id;
    }
    const less = one < (other ?? '') ? -1 : Number(one > (other ?? ''));
    return less * sign || b.id - a.id;
  });
}

function keyOf(
  run: Run,
  sort: string | undefined,
  metric: string | undefined
): number | string | null {
  switch (sort ?? 'recorded') {
    case 'started':
      return run.started_at;
    case 'duration':
      return run.ended_at === null
        ? null
        : Date.parse(run.ended_at) - Date.parse(run.started_at);
    case 'pipeline':
      return run.pipeline;
    case 'status':
      return run.status;
    case 'author':
      return run.author;
    case 'metric': {
      const found = run.metrics[metric ?? ''];
      return typeof found === 'number' ? found : null;
    }
    default:
      return run.id;
  }
}
