import { describe, expect, it, vi } from 'vitest';

import { ApiError } from '../../src/api/client';
import type { StepsResponse } from '../../src/contract/wire';
import { PanelModel } from '../../src/model/panelModel';
import { MemoryApi, MemoryNotebook, run, runEvent } from '../fixtures';

async function following(
  api = new MemoryApi(),
  notebook = new MemoryNotebook('flights.ipynb')
): Promise<PanelModel> {
  const model = new PanelModel(api);
  await model.follow(notebook);
  return model;
}

describe('the panel model', () => {
  it('shows the steps in notebook order', async () => {
    const { state } = await following();
    expect(state.steps?.map(step => step.name)).toEqual(['load', 'train']);
    expect(state.loading).toBe(false);
  });

  it('reads the difference once two versions are chosen', async () => {
    const api = new MemoryApi();
    const model = await following(api);
    await model.select('train', 2);
    expect(model.state.diff).toBeNull();
    await model.select('train', 1);
    expect(api.asked).toContain('diff train 1 2');
    expect(model.state.diff?.after).toBe('train@2');
  });

  it('keeps selection and difference when a cell has run', async () => {
    const model = await following();
    await model.select('train', 2);
    await model.select('train', 1);
    await model.refresh();
    expect(model.state.diff?.before).toBe('train@1');
  });

  it('inserts the source of a restored version', async () => {
    const notebook = new MemoryNotebook('flights.ipynb');
    const model = await following(new MemoryApi(), notebook);
    await model.restore('train', 1);
    expect(notebook.inserted).toEqual(['source of train@1']);
    expect(model.state.restored).toBe('train@1');
  });

  it('says that a read-only notebook takes no cell', async () => {
    const notebook = new MemoryNotebook('flights.ipynb', true);
    const model = await following(new MemoryApi(), notebook);
    await model.restore('train', 1);
    expect(model.state.problem?.message).toBe('The notebook is read-only.');
    expect(model.state.restored).toBeNull();
  });

  it('shows a refusal with its cure and recovers at the next reading', async () => {
    const api = new MemoryApi();
    api.stepsAnswer = Promise.reject(
      new ApiError('The store is locked.', 'Try again.', 503)
    );
    const model = await following(api);
    expect(model.state.problem).toEqual({
      message: 'The store is locked.',
      cure: 'Try again.'
    });
    api.stepsAnswer = null;
    await model.refresh();
    expect(model.state.problem).toBeNull();
    expect(model.state.steps).toHaveLength(2);
  });

  it('drops an answer for a notebook that is no longer followed', async () => {
    const api = new MemoryApi();
    let answer: (steps: StepsResponse) => void = () => {};
    api.stepsAnswer = new Promise(resolve => (answer = resolve));
    const model = new PanelModel(api);
    const first = model.follow(new MemoryNotebook('old.ipynb'));
    const second = model.follow(new MemoryNotebook('new.ipynb'));
    api.stepsAnswer = null;
    answer({
      schema: 'nbmlops.steps/1',
      notebook: 'old.ipynb',
      recorded: true,
      steps: []
    });
    await Promise.all([first, second]);
    expect(model.state.notebook).toBe('new.ipynb');
    expect(model.state.steps).toHaveLength(2);
  });

  it('reads once more, not many times, for calls that come meanwhile', async () => {
    const api = new MemoryApi();
    const model = await following(api);
    api.asked = [];
    await Promise.all([model.refresh(), model.refresh(), model.refresh()]);
    expect(api.asked).toHaveLength(2);
  });

  it('knows where a run stands that something else started', async () => {
    const api = new MemoryApi();
    const model = await following(api);
    api.runsAnswer = [run(3)];
    api.asked = [];
    model.noteRun(runEvent(3));
    await vi.waitFor(() => expect(model.state.runs).toHaveLength(1));
    expect(api.asked).toHaveLength(1);
    model.noteRun(runEvent(3, { line: 'epoch 8' }));
    expect(model.state.progress['flights#3']?.line).toBe('epoch 8');
    expect(api.asked).toHaveLength(1);
  });

  it('reads a run again once it has ended', async () => {
    const api = new MemoryApi();
    api.runsAnswer = [run(3)];
    const model = await following(api);
    model.noteRun(runEvent(3));
    api.runsAnswer = [run(3, { status: 'succeeded' })];
    model.noteRun(runEvent(3, { state: 'succeeded' }));
    expect(model.state.progress).toEqual({});
    await vi.waitFor(() =>
      expect(model.state.runs?.[0]?.status).toBe('succeeded')
    );
  });

  it('takes no event of another notebook', async () => {
    const model = await following();
    model.noteRun(runEvent(3, { notebook: 'other.ipynb' }));
    expect(model.state.progress).toEqual({});
  });

  it('reads again when the server falls silent while a run goes on', async () => {
    vi.useFakeTimers();
    try {
      const api = new MemoryApi();
      api.runsAnswer = [run(3)];
      const model = await following(api);
      model.noteRun(runEvent(3));
      api.asked = [];
      api.runsAnswer = [run(3, { status: 'lost' })];
      await vi.advanceTimersByTimeAsync(31_000);
      expect(model.state.runs?.[0]?.status).toBe('lost');
      await vi.advanceTimersByTimeAsync(120_000);
      expect(api.asked).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is empty where no notebook is open', async () => {
    const model = await following();
    await model.follow(null);
    expect(model.state.notebook).toBeNull();
    expect(model.state.steps).toBeNull();
  });
});
