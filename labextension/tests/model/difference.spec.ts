import { describe, expect, it } from 'vitest';

import { diffLines } from '../../src/model/difference';

describe('the lines of a unified diff', () => {
  it('come without the header, each with its kind', () => {
    const unified =
      '--- train@1\n+++ train@2\n@@ -1,2 +1,2 @@\n x = 1\n---y\n+y = 2\n';
    expect(diffLines(unified).map(line => line.kind)).toEqual([
      'place',
      'same',
      'removed',
      'added'
    ]);
  });

  it('are none where the source is the same', () => {
    expect(diffLines('')).toEqual([]);
  });
});
