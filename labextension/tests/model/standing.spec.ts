import { describe, expect, it } from 'vitest';

import { standingOf } from '../../src/model/standing';
import { standing } from '../fixtures';

describe('how a step stands', () => {
  it('is that of its cell', () => {
    const found = standingOf([standing('load'), standing('train')], 'train');
    expect(found?.cell_id).toBe('cell-train');
  });

  it('is not known before it was read, and of a step that is gone', () => {
    expect(standingOf(null, 'train')).toBeNull();
    expect(standingOf([standing('load')], 'train')).toBeNull();
  });
});
