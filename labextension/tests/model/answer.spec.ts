import { describe, expect, it } from 'vitest';

import { answerOf, withoutLoaded } from '../../src/model/answer';
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

describe('what a cell shows that loads nbmlops again', () => {
  const already = {
    output_type: 'stream',
    name: 'stdout',
    text: 'The nbmlops extension is already loaded. To reload it, use:\n  %reload_ext nbmlops\n'
  };

  it('is what it shows besides', () => {
    const shown = { output_type: 'display_data', data: {} };
    expect(withoutLoaded([already, shown])).toEqual([shown]);
    const lines = { ...already, text: already.text.split(/(?<=\n)/) };
    expect(withoutLoaded([lines])).toEqual([]);
  });

  it('is left alone where more or other is said', () => {
    const others = [
      { ...already, text: `${already.text}Done.\n` },
      { ...already, text: already.text.replaceAll('nbmlops', 'autoreload') },
      { ...already, output_type: 'error', text: undefined }
    ];
    expect(withoutLoaded(others)).toEqual(others);
  });
});
