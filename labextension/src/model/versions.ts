import type { StepHistory, VersionRow } from '../contract/wire';
import type { Facts } from './facts';

/** The versions of a step, newest first; none where it was never recorded. */
export function versionsOf(facts: Facts, step: string): readonly VersionRow[] {
  const found: StepHistory | undefined = facts.steps?.find(
    one => one.name === step
  );
  return found?.versions ?? [];
}

/**
 * The version that a step is of now, and the one before it: older and newer.
 *
 * `null` where there is no earlier one.
 */
export function withPrevious(
  facts: Facts,
  step: string
): readonly [number, number] | null {
  const numbers = versionsOf(facts, step).map(row => row.number);
  const now = currentOf(facts, step) ?? Math.max(0, ...numbers);
  const before = Math.max(0, ...numbers.filter(number => number < now));
  return before > 0 ? [before, now] : null;
}

/** The versions of a step but the one that it is of now, newest first. */
export function others(facts: Facts, step: string): readonly VersionRow[] {
  const now = currentOf(facts, step);
  return versionsOf(facts, step).filter(row => row.number !== now);
}

/** The number of the version of which the latest result is that counts. */
function currentOf(facts: Facts, step: string): number | null {
  const standing = facts.standings?.find(one => one.step === step);
  const row = versionsOf(facts, step).find(
    one => one.reference === standing?.version
  );
  return row?.number ?? null;
}
