import { describe, expect, it } from 'vitest';

import { ApiError } from '../../src/api/client';
import { VersionReview } from '../../src/model/versionReview';
import { MemoryFormApi, review } from '../formFixtures';

describe('the review of a version', () => {
  it('decides on the version that is shown, and reads it again', async () => {
    const api = new MemoryFormApi();
    const shown = new VersionReview(api, 'flights.ipynb', 'flights');
    await shown.load();
    api.reviewed = review({ approved: true });
    await shown.decide('approve', 'looked at');
    expect(api.asked).toEqual([
      'review flights',
      'approve flights@2: looked at',
      'review flights@2'
    ]);
    expect(shown.state.done).toBe('It is approved.');
    expect(shown.state.answer?.approved).toBe(true);
  });

  it('says why a decision was refused, with what was read still shown', async () => {
    const api = new MemoryFormApi();
    const shown = new VersionReview(api, 'flights.ipynb', 'flights@2');
    await shown.load();
    api.refusal = new ApiError('It is approved.', 'Withdraw it.', 400);
    await shown.decide('requestChanges', 'the month');
    expect(shown.state.failed?.cure).toBe('Withdraw it.');
    expect(shown.state.done).toBeNull();
    expect(shown.state.answer?.reference).toBe('flights@2');
  });

  it('decides on one cell, and says so there', async () => {
    const api = new MemoryFormApi();
    const shown = new VersionReview(api, 'flights.ipynb', 'flights@2');
    await shown.load();
    await shown.decide('requestChanges', 'the median', 'b2');
    expect(api.asked).toContain('change flights@2 b2: the median');
    expect(shown.state.decidedOn).toBe('b2');
    await shown.decide('approve', 'good');
    expect(shown.state.decidedOn).toBe('');
  });
});
