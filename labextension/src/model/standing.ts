import type { Standing } from '../contract/wire';

const NEEDS_RUN: ReadonlyArray<Standing['state']> = [
  'failed',
  'stale',
  'never run'
];

/**
 * How a step stands. Of several cells with its name, the one that needs to run counts.
 */
export function standingOf(
  standings: readonly Standing[] | null,
  step: string
): Standing | null {
  const own = (standings ?? []).filter(item => item.step === step);
  return own.find(item => NEEDS_RUN.includes(item.state)) ?? own[0] ?? null;
}
