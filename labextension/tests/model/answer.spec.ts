import { describe, expect, it } from 'vitest';

import { answerOf } from '../../src/model/answer';
import { KernelError } from '../../src/model/notebook';

describe('the answer of a kernel', () => {
  it('is what it displayed', () => {
    expect(
      answerOf(['Restored x.', 'Not restored: y.'], { status: 'ok' })
    ).toBe('Restored x.\nNot restored: y.');
  });

  it('is a refusal in its own words', () => {
    const evalue = "There is no version 'train@7'.";
    expect(() => answerOf([], { status: 'error', evalue })).toThrow(
      new KernelError(evalue, null)
    );
  });

  it('names the cure where nbmlops is not loaded', () => {
    const evalue = 'Line magic function `%mlops` not found.';
    expect(() => answerOf([], { status: 'error', evalue })).toThrow(
      'nbmlops is not loaded in this kernel.'
    );
  });

  it('says that a line never ran', () => {
    expect(() => answerOf([], { status: 'aborted' })).toThrow(
      'The kernel did not come to it.'
    );
  });
});
