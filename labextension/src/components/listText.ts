/** `a, b and c`, or with `or`. */
export function listText(
  parts: readonly string[],
  locale: string,
  type: 'conjunction' | 'disjunction' = 'conjunction'
): string {
  return new Intl.ListFormat(locale, { type }).format(parts);
}
