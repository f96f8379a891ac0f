import type { Sentence } from '../api/sentence';
import type { NotFinite, Standing, State } from '../contract/wire';
import type { Facts } from './facts';
import type { OpenNotebook, StepCell } from './notebook';

/**
 * How the badge of a cell says that it stands: as the server says, or that it was `edited` since
 * and is not saved, or that it is fresh `as saved` while other cells have edits that are not, or
 * that its label makes it `no step`.
 */
export type BadgeState = State | 'edited' | 'as saved' | 'no step' | 'unknown';

/**
 * What is said at a cell that is a step. `version` is `train@2`, `null` before its first;
 * `duration` is in seconds; `taken` is the newest run, if that took the recorded result; `unapproved` is
 * the approved version that has other code; `requested` is who requests which change of it;
 * `problem` is why it is no step, though it is labelled as one.
 */
export interface CellBadge {
  readonly cell: string;
  readonly step: string;
  readonly version: string | null;
  readonly state: BadgeState;
  readonly reasons: readonly string[];
  readonly duration: number | NotFinite | null;
  readonly taken: string | null;
  readonly unapproved: string | null;
  readonly requested: string | null;
  readonly problem: Sentence | null;
}

/** Whether badges are shown, and what they say beside the version and how that stands. */
export type BadgePart = 'shown' | 'duration' | 'approvals' | 'cacheHits';

export const BADGE_PARTS: readonly BadgePart[] = [
  'shown',
  'duration',
  'approvals',
  'cacheHits'
];

/**
 * The badges of a notebook, in its order, with the parts that are chosen; none until it is known
 * how the steps stand.
 */
export function badgesOf(
  facts: Facts,
  notebook: OpenNotebook,
  chosen: ReadonlySet<BadgePart> = new Set(BADGE_PARTS)
): CellBadge[] {
  const known = facts.standings !== null || facts.unknown !== null;
  if (!known || !chosen.has('shown')) {
    return [];
  }
  const standings = new Map(facts.standings?.map(one => [one.step, one]));
  const ahead = notebook.ahead();
  return notebook
    .stepCells()
    .map(cell => badgeOf(cell, standings.get(cell.step), facts, ahead))
    .map(badge => ({
      ...badge,
      ...(!chosen.has('duration') && { duration: null }),
      ...(!chosen.has('approvals') && { unapproved: null, requested: null }),
      ...(!chosen.has('cacheHits') && { taken: null })
    }));
}

/** How each step stands in the open notebook, as its badge says; none until that is known. */
export function statesOf(facts: Facts, notebook: OpenNotebook): BadgeState[] {
  const ahead = notebook.ahead();
  const edited = new Set<string | null>(
    notebook
      .stepCells()
      .filter(cell => cell.edited)
      .map(cell => cell.step)
  );
  return (facts.standings ?? []).map(one =>
    shownState(one, edited.has(one.step), ahead)
  );
}

function badgeOf(
  cell: StepCell,
  standing: Standing | undefined,
  facts: Facts,
  ahead: boolean
): CellBadge {
  return {
    cell: cell.id,
    step: cell.step,
    version: standing?.version ?? null,
    state: stateOf(cell, standing, facts, ahead),
    reasons: reasonsOf(standing, facts),
    duration: standing?.duration ?? null,
    taken: facts.taken[cell.step] ?? null,
    unapproved: facts.unapproved[cell.step] ?? null,
    requested: facts.requested[cell.step] ?? null,
    problem: cell.problem ?? null
  };
}

function stateOf(
  cell: StepCell,
  standing: Standing | undefined,
  facts: Facts,
  ahead: boolean
): BadgeState {
  if (cell.problem) {
    return 'no step';
  }
  if (facts.unknown !== null) {
    return 'unknown';
  }
  return standing ? shownState(standing, cell.edited, ahead) : 'never run';
}

function shownState(
  { state }: Standing,
  edited: boolean,
  ahead: boolean
): BadgeState {
  if (edited && state !== 'never run') {
    return 'edited';
  }
  return state === 'fresh' && ahead ? 'as saved' : state;
}

function reasonsOf(standing: Standing | undefined, facts: Facts): string[] {
  if (facts.unknown !== null) {
    return [facts.unknown];
  }
  return standing?.reasons.map(reason => reason.detail) ?? [];
}
