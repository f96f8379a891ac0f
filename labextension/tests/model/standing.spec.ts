import { describe, expect, it } from 'vitest';

import { standingOf } from '../../src/model/standing';
import { standing } from '../fixtures';

describe('how a step stands', () => {
  it('is that of its cell', () => {
    const found = standingOf([standing('load'), standing('train')], 'train');
    expect(found?.cell_id).toBe('cell-train');
  });

  it('is that of the cell that needs to run, where two have its name', () => {
    const stale = standing('train', { cell_id: 'second', state: 'stale' });
    expect(standingOf([standing('train'), stale], 'train')).toBe(stale);
  });

  it('is not known before it was read, and of a step that is gone', () => {
    expect(standingOf(null, 'train')).toBeNull();
    expect(standingOf([standing('load')], 'train')).toBeNull();
  });
});
