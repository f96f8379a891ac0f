/**
 * The versions that are chosen for comparison: one or two of one step, in the order of choice.
 */
export interface Selection {
  readonly step: string;
  readonly numbers: readonly number[];
}

/**
 * Choose a version, or give it up if it was chosen.
 *
 * A third choice replaces the older of the two; a choice in another step starts afresh.
 */
export function toggled(
  selection: Selection | null,
  step: string,
  number: number
): Selection | null {
  const chosen = selection?.step === step ? selection.numbers : [];
  const numbers = chosen.includes(number)
    ? chosen.filter(other => other !== number)
    : [...chosen, number].slice(-2);
  return numbers.length > 0 ? { step, numbers } : null;
}

/**
 * The older and the newer of the two chosen versions, or `null` while there are not two.
 */
export function comparison(
  selection: Selection | null
): { step: string; before: number; after: number } | null {
  const [one, other] = selection?.numbers ?? [];
  if (!selection || one === undefined || other === undefined) {
    return null;
  }
  return {
    step: selection.step,
    before: Math.min(one, other),
    after: Math.max(one, other)
  };
}
