import { describe, expect, it } from 'vitest';

import { said } from '../../src/api/sentence';
import type { Standing } from '../../src/contract/wire';
import { badgesOf } from '../../src/model/cellBadge';
import type {
  BadgePart,
  BadgeState,
  CellBadge
} from '../../src/model/cellBadge';
import { NO_FACTS } from '../../src/model/facts';
import type { Facts } from '../../src/model/facts';
import { MemoryNotebook, standing } from '../fixtures';

function badge(
  facts: Partial<Facts>,
  change: Partial<MemoryNotebook> = {}
): CellBadge | undefined {
  const notebook = Object.assign(new MemoryNotebook('flights.ipynb'), change);
  return badgesOf({ ...NO_FACTS, ...facts }, notebook).find(
    one => one.step === 'train'
  );
}

function state(
  change: Partial<Standing>,
  edits: Partial<MemoryNotebook> = {}
): BadgeState | undefined {
  return badge({ standings: [standing('train', change)] }, edits)?.state;
}

const EDITED = [{ id: 'c2', step: 'train', edited: true }];

describe('the badge of a cell', () => {
  it('says what the server says of its step', () => {
    const reasons = [
      { kind: 'rerun', detail: 'load has run again', cause: 'load' } as const
    ];
    const standings = [standing('train', { state: 'stale', reasons })];
    const taken = { train: 'flights#3' };
    const unapproved = { train: 'flights@1' };
    const requested = { train: 'analyst: the median' };
    expect(badge({ standings, taken, unapproved, requested })).toEqual({
      cell: 'c2',
      step: 'train',
      version: 'train@1',
      state: 'stale',
      reasons: ['load has run again'],
      duration: 2.44,
      taken: 'flights#3',
      unapproved: 'flights@1',
      requested: 'analyst: the median',
      problem: null
    });
  });

  it('says why a label makes no step, whatever the server says', () => {
    const problem = said("'%1' is wrong", '1x');
    const cells = [{ id: 'c2', step: 'train', edited: false, problem }];
    for (const facts of [
      { standings: [standing('train', { state: 'fresh' })] },
      { standings: [] },
      { unknown: 'no answer' }
    ]) {
      expect(badge(facts, { cells })).toMatchObject({
        state: 'no step',
        problem
      });
    }
  });

  it('says no more than is chosen', () => {
    const facts = {
      ...NO_FACTS,
      standings: [standing('train', { state: 'stale' })],
      taken: { train: 'flights#3' },
      unapproved: { train: 'flights@1' },
      requested: { train: 'analyst: the median' }
    };
    const notebook = new MemoryNotebook('flights.ipynb');
    const chosen = (...parts: BadgePart[]): CellBadge | undefined =>
      badgesOf(facts, notebook, new Set(parts)).at(-1);
    expect(chosen('shown')).toMatchObject({
      version: 'train@1',
      state: 'stale',
      duration: null,
      taken: null,
      unapproved: null,
      requested: null
    });
    expect(chosen('shown', 'duration')?.duration).toBe(2.44);
    expect(chosen('shown', 'cacheHits')?.taken).toBe('flights#3');
    expect(chosen('shown', 'approvals')).toMatchObject({
      unapproved: 'flights@1',
      requested: 'analyst: the median'
    });
    expect(chosen('duration', 'approvals', 'cacheHits')).toBeUndefined();
  });

  it('is not there before anything is known', () => {
    expect(badge({})).toBeUndefined();
  });

  it('is there for a cell that was named and never ran', () => {
    expect(badge({ standings: [] })?.state).toBe('never run');
  });

  it('never says fresh of a cell that was edited since it ran', () => {
    expect(state({ state: 'fresh' }, { cells: EDITED })).toBe('edited');
    expect(state({ state: 'failed' }, { cells: EDITED })).toBe('edited');
  });

  it('says of which state it speaks while other cells have edits', () => {
    expect(state({ state: 'fresh' }, { isAhead: true })).toBe('as saved');
    expect(state({ state: 'stale' }, { isAhead: true })).toBe('stale');
  });

  it('says why nothing is known', () => {
    const found = badge({ unknown: 'The store is locked.' });
    expect(found?.state).toBe('unknown');
    expect(found?.reasons).toEqual(['The store is locked.']);
  });

  it('is at each cell of a step that has several', () => {
    const notebook = new MemoryNotebook('flights.ipynb');
    notebook.cells = ['c2', 'c3'].map(id => ({
      id,
      step: 'train',
      edited: false
    }));
    const standings = [standing('train', { named_in: [2, 3] })];
    const found = badgesOf({ ...NO_FACTS, standings }, notebook);
    expect(found.map(one => one.cell)).toEqual(['c2', 'c3']);
  });
});
