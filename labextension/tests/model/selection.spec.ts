import { describe, expect, it } from 'vitest';

import { comparison, toggled } from '../../src/model/selection';
import type { Selection } from '../../src/model/selection';

function chosen(
  ...choices: Array<readonly [string, number]>
): Selection | null {
  return choices.reduce<Selection | null>(
    (selection, [step, number]) => toggled(selection, step, number),
    null
  );
}

describe('choosing versions', () => {
  it('compares the older with the newer, whatever the order of choice', () => {
    expect(comparison(chosen(['train', 3], ['train', 1]))).toEqual({
      step: 'train',
      before: 1,
      after: 3
    });
  });

  it('gives a version up when it is chosen again', () => {
    expect(chosen(['train', 1], ['train', 1])).toBeNull();
  });

  it('replaces the older choice by the third', () => {
    expect(chosen(['train', 1], ['train', 2], ['train', 3])?.numbers).toEqual([
      2, 3
    ]);
  });

  it('starts afresh in another step', () => {
    const selection = chosen(['train', 1], ['load', 2]);
    expect(selection).toEqual({ step: 'load', numbers: [2] });
    expect(comparison(selection)).toBeNull();
  });
});
