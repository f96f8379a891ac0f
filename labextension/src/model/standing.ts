import type { Standing } from '../contract/wire';

/** How a step stands; `null` where that is not known. */
export function standingOf(
  standings: readonly Standing[] | null,
  step: string
): Standing | null {
  return standings?.find(item => item.step === step) ?? null;
}
