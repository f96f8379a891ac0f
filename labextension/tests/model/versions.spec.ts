import { describe, expect, it } from 'vitest';

import { NO_FACTS } from '../../src/model/facts';
import type { Facts } from '../../src/model/facts';
import { others, withPrevious } from '../../src/model/versions';
import { row, standing } from '../fixtures';

function facts(numbers: readonly number[], now: number | null): Facts {
  const versions = numbers.map(number => row('train', number));
  const version = now === null ? null : `train@${now}`;
  return {
    ...NO_FACTS,
    steps: [{ name: 'train', versions }],
    standings: [standing('train', { version })]
  };
}

describe('the versions around the one of now', () => {
  it('has the one before', () => {
    expect(withPrevious(facts([3, 2, 1], 3), 'train')).toEqual([2, 3]);
  });

  it('goes by the version that counts, not by the newest', () => {
    expect(withPrevious(facts([3, 2, 1], 2), 'train')).toEqual([1, 2]);
    expect(others(facts([3, 2, 1], 2), 'train').map(one => one.number)).toEqual(
      [3, 1]
    );
  });

  it('has none before the first', () => {
    expect(withPrevious(facts([1], 1), 'train')).toBeNull();
    expect(withPrevious(facts([], null), 'train')).toBeNull();
    expect(withPrevious(NO_FACTS, 'train')).toBeNull();
  });

  it('takes the newest where it is not known which counts', () => {
    expect(withPrevious(facts([2, 1], null), 'train')).toEqual([1, 2]);
  });
});
