import { describe, expect, it } from 'vitest';

import { MemoryApi } from '../fixtures';
import { click, shown } from './panelHarness';

describe('the heading of the panel', () => {
  it('leads to the table of all executions', async () => {
    const { app } = await shown(new MemoryApi());
    await click('All executions');
    expect(app.asked).toEqual(['executions']);
  });
});
