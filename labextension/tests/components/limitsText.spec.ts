import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import { limitsText } from '../../src/components/limitsText';

const trans = nullTranslator.load('nbmlops');

describe('the limits of a parameter', () => {
  it.each([
    [{ type: 'integer' }, ''],
    [{ minimum: 1, maximum: 12 }, 'from 1 to 12'],
    [{ minimum: 0 }, 'from 0 up'],
    [{ maximum: 0 }, 'up to 0'],
    [{ exclusiveMinimum: 0, maximum: 1 }, 'up to 1, above 0'],
    [{ minimum: 0, exclusiveMaximum: 1 }, 'from 0 up, below 1'],
    [{ minimum: 8, maximum: 64, multipleOf: 8 }, 'from 8 to 64, in steps of 8'],
    [{ formatMinimum: '2026-01-01' }, 'from 2026-01-01 up']
  ])('of %j are said as "%s"', (property, words) => {
    expect(limitsText(property, trans)).toBe(words);
  });
});
