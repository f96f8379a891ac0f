import { act } from 'react';
import { describe, expect, it, vi } from 'vitest';

import { ApiError } from '../../src/api/client';
import { MemoryApi, MemoryNotebook } from '../fixtures';
import { MemoryPanelApi } from '../panelFixtures';
import { byLabel, click, host, shown } from './panelHarness';

const NOTEBOOK = 'nested/flights.ipynb';

async function opened(
  panelApi = new MemoryPanelApi()
): Promise<{ api: MemoryPanelApi; asked: () => string[] }> {
  const { app } = await shown(
    new MemoryApi(),
    new MemoryNotebook(NOTEBOOK),
    panelApi
  );
  return { api: panelApi, asked: () => app.asked };
}

describe('the section of data sets', () => {
  it('lists each with what its latest version holds', async () => {
    await opened();
    const list = byLabel('Data sets').textContent;
    expect(list).toContain('flights@2');
    expect(list).toContain(
      '1 file · 1 value · 2.0 KiB · read by train@1 · ada'
    );
    expect(list).toContain('of March');
    expect(byLabel('Older versions of flights').textContent).toContain(
      'flights@1'
    );
  });

  it('shows members, what is lost, and who used them', async () => {
    await opened();
    await click('Members: flights@2');
    expect(byLabel('Members of flights@2').textContent).toContain(
      'data/a.csvfile2.0 KiBrowslost-'
    );
    expect(byLabel('Who used flights@2').textContent).toContain(
      'train@1flights#32 of 2'
    );
    expect(host.textContent).toContain('Not in it: model (too large)');
    await click('Members: flights@2');
    expect(host.textContent).not.toContain('Who used flights@2');
  });

  it('says that a data set is being pinned, and for how long, until it is', async () => {
    const api = new MemoryPanelApi();
    let end: () => void = () => {};
    const pin = api.pin.bind(api);
    api.pin = async (...order) => {
      await new Promise<void>(resolve => (end = resolve));
      return pin(...order);
    };
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    const { plans } = await shown(
      new MemoryApi(),
      new MemoryNotebook(NOTEBOOK),
      api
    );
    let pinned: Promise<boolean> = Promise.resolve(false);
    act(() => void (pinned = plans.pin('flights', 'train', '')));
    const progress = host.querySelector('progress:not([value])');
    expect(progress?.getAttribute('aria-label')).toBe(
      'Pinning flights: what the step has read is kept'
    );
    act(() => void vi.advanceTimersByTime(75_000));
    expect(byLabel('Data sets').previousElementSibling?.textContent).toContain(
      '1 min 15 s'
    );
    vi.useRealTimers();
    await act(async () => {
      end();
      await pinned;
    });
    expect(host.querySelector('progress:not([value])')).toBeNull();
    expect(host.textContent).toContain('pin train as flights');
  });

  it('compares a version with the one before', async () => {
    const { api } = await opened();
    expect(host.querySelector('[aria-label="Compare: flights@1"]')).toBeNull();
    await click('Compare: flights@2');
    expect(api.asked).toContain('dataset-diff flights@1 flights@2');
    expect(byLabel('flights@1 ↔ flights@2').textContent).toContain(
      'data/b.csvadded-3 B'
    );
    expect(host.textContent).toContain('1 member is the same.');
  });

  it('restores at once where nothing is replaced', async () => {
    const { api, asked } = await opened();
    await click('Restore files: flights@2');
    expect(api.asked).toContain('restore flights@2');
    expect(asked()).not.toContain('Restore flights@2?');
  });

  it('asks before it replaces files', async () => {
    const api = new MemoryPanelApi();
    api.replaces = new ApiError('data/a.csv holds something else', null, 409);
    const { asked } = await opened(api);
    await click('Restore files: flights@2');
    await expect.poll(asked).toContain('Restore flights@2?');
    await expect.poll(() => api.asked).toContain('restore flights@2, agreed');
  });

  it('says what is to be done where there is none', async () => {
    const api = new MemoryPanelApi();
    api.sets = [];
    await opened(api);
    expect(host.textContent).toContain('No data set yet.');
  });

  it('offers to take a restore back', async () => {
    const api = new MemoryPanelApi();
    api.undo = 'flights@1';
    await opened(api);
    expect(host.textContent).toContain('Undo restore of flights@1');
  });
});
