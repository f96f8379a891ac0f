/**
 * One line of a unified diff.
 */
export interface DiffLine {
  readonly kind: 'added' | 'removed' | 'same' | 'place';
  readonly text: string;
}

/**
 * The lines of a unified diff, without the header that names the two sides.
 */
export function diffLines(unified: string): DiffLine[] {
  const lines = unified.replace(/\n$/, '').split('\n');
  const first = lines.findIndex(line => line.startsWith('@@'));
  return first === -1 ? [] : lines.slice(first).map(classified);
}

function classified(line: string): DiffLine {
  switch (line.charAt(0)) {
    case '+':
      return { kind: 'added', text: line };
    case '-':
      return { kind: 'removed', text: line };
    case '@':
      return { kind: 'place', text: line };
    default:
      return { kind: 'same', text: line };
  }
}
