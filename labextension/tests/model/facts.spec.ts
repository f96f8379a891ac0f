import { describe, expect, it, vi } from 'vitest';

import { ApiError } from '../../src/api/client';
import { NotebookFacts } from '../../src/model/facts';
import { MemoryApi, MemoryNotebook, run, runEvent } from '../fixtures';

async function reading(
  api = new MemoryApi(),
  notebook = new MemoryNotebook('flights.ipynb')
): Promise<NotebookFacts> {
  const facts = new NotebookFacts(api, notebook);
  await facts.refresh();
  return facts;
}

describe('the facts of a notebook', () => {
  it('shows a refusal with its cure and recovers at the next reading', async () => {
    const api = new MemoryApi();
    api.stepsAnswer = Promise.reject(
      new ApiError('The store is locked.', 'Try again.', 503)
    );
    const facts = await reading(api);
    expect(facts.known.problem).toMatchObject({
      message: 'The store is locked.',
      cure: 'Try again.'
    });
    api.stepsAnswer = null;
    await facts.refresh();
    expect(facts.known.problem).toBeNull();
    expect(facts.known.steps).toHaveLength(2);
  });

  it('reads once more, not many times, for calls that come meanwhile', async () => {
    const api = new MemoryApi();
    const facts = await reading(api);
    api.asked = [];
    await Promise.all([facts.refresh(), facts.refresh(), facts.refresh()]);
    expect(api.asked).toHaveLength(2);
  });

  it('knows where a run stands that something else started', async () => {
    const api = new MemoryApi();
    const facts = await reading(api);
    api.runsAnswer = [run(3)];
    api.asked = [];
    facts.noteRun(runEvent(3));
    await vi.waitFor(() => expect(facts.known.runs).toHaveLength(1));
    expect(api.asked).toHaveLength(1);
    facts.noteRun(runEvent(3, { line: 'epoch 8' }));
    expect(facts.known.progress['flights#3']?.line).toBe('epoch 8');
    expect(api.asked).toHaveLength(1);
  });

  it('reads a run again once it has ended', async () => {
    const api = new MemoryApi();
    api.runsAnswer = [run(3)];
    const facts = await reading(api);
    facts.noteRun(runEvent(3));
    api.runsAnswer = [run(3, { status: 'succeeded' })];
    facts.noteRun(runEvent(3, { state: 'succeeded' }));
    expect(facts.known.progress).toEqual({});
    await vi.waitFor(() =>
      expect(facts.known.runs?.[0]?.status).toBe('succeeded')
    );
  });

  it('takes no event of another notebook', async () => {
    const facts = await reading();
    facts.noteRun(runEvent(3, { notebook: 'other.ipynb' }));
    expect(facts.known.progress).toEqual({});
  });

  it('reads again when the server falls silent while a run goes on', async () => {
    vi.useFakeTimers();
    try {
      const api = new MemoryApi();
      api.runsAnswer = [run(3)];
      const facts = await reading(api);
      facts.noteRun(runEvent(3));
      api.asked = [];
      api.runsAnswer = [run(3, { status: 'lost' })];
      await vi.advanceTimersByTimeAsync(31_000);
      expect(facts.known.runs?.[0]?.status).toBe('lost');
      await vi.advanceTimersByTimeAsync(120_000);
      expect(api.asked).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('knows whether the notebook has edits that its file has not', async () => {
    const notebook = new MemoryNotebook('flights.ipynb');
    const facts = await reading(new MemoryApi(), notebook);
    expect(facts.known.savedAt).toBe('2026-03-01T11:31:00Z');
    expect(facts.known.edited).toBe(false);
    notebook.changed = true;
    facts.noteCells();
    expect(facts.known.edited).toBe(true);
    notebook.changed = false;
    await facts.refresh(); // it was saved
    expect(facts.known.edited).toBe(false);
  });

  it('reads again when something newer was recorded, and only then', async () => {
    const api = new MemoryApi();
    const facts = await reading(api);
    api.asked = [];
    facts.noteRecorded({ notebook: 'flights.ipynb', execution: 7 });
    facts.noteRecorded({ notebook: 'other.ipynb', execution: 8 });
    expect(api.asked).toHaveLength(0);
    api.latest = 8;
    facts.noteRecorded({ notebook: 'flights.ipynb', execution: 8 });
    await vi.waitFor(() => expect(facts.known.latest).toBe(8));
    expect(api.asked).toHaveLength(1);
  });

  it('knows, once a reading that was asked for meanwhile ends, what it has read', async () => {
    const api = new MemoryApi();
    const facts = new NotebookFacts(api, new MemoryNotebook('flights.ipynb'));
    const first = facts.refresh();
    api.latest = 9;
    await facts.refresh();
    expect(facts.known.latest).toBe(9);
    await first;
  });

  it('tells nobody of an answer that comes after it was closed', async () => {
    const facts = new NotebookFacts(
      new MemoryApi(),
      new MemoryNotebook('flights.ipynb')
    );
    const done = facts.refresh();
    facts.dispose();
    await done;
    expect(facts.known.steps).toBeNull();
  });
});
