import { describe, expect, it, vi } from 'vitest';

import { ApiError } from '../../src/api/client';
import { NotebookFacts } from '../../src/model/facts';
import { PanelModel } from '../../src/model/panelModel';
import { Plans } from '../../src/model/plans';
import { MemoryApi, MemoryNotebook, runEvent } from '../fixtures';
import { MemoryPanelApi } from '../panelFixtures';

const NOTEBOOK = 'nested/flights.ipynb';

function followed(): {
  api: MemoryPanelApi;
  plans: Plans;
  facts: NotebookFacts;
  model: PanelModel;
  recorded: MemoryApi;
} {
  const api = new MemoryPanelApi();
  const model = new PanelModel(new MemoryApi());
  const plans = new Plans(api, model);
  const recorded = new MemoryApi();
  const facts = new NotebookFacts(recorded, new MemoryNotebook(NOTEBOOK));
  model.follow(facts);
  return { api, plans, facts, model, recorded };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    await Promise.resolve();
  }
}

describe('the plans around a notebook', () => {
  it('are asked for by sections that are to be seen, once', async () => {
    const { api, plans } = followed();
    expect(api.asked).toEqual([]);
    plans.want('schedules', true);
    await settled();
    plans.want('schedules', false);
    plans.want('schedules', true);
    await settled();
    expect(api.asked).toEqual([`schedules ${NOTEBOOK}`]);
    expect(plans.state.answers.schedules?.schedules).toHaveLength(1);
  });

  it('are read again once something is pinned in a project that had nothing', async () => {
    const { api, plans, facts } = followed();
    api.project = '';
    plans.want('datasets', true);
    await settled();
    api.asked = [];
    facts.noteChanged({
      project: 'nested',
      pipelines: false,
      schedules: false,
      datasets: true
    });
    await settled();
    expect(api.asked).toEqual([`datasets ${NOTEBOOK}`]);
  });

  it('read monitors again once something was recorded of the notebook', async () => {
    const { api, plans, facts, recorded } = followed();
    plans.want('monitors', true);
    plans.want('datasets', true);
    await facts.refresh();
    await settled();
    api.asked = [];
    await facts.refresh();
    await settled();
    expect(api.asked).toEqual([]);
    recorded.latest = 8;
    await facts.refresh();
    await settled();
    expect(api.asked).toEqual([`monitors ${NOTEBOOK}`]);
  });

  it('are read again when the server tells of changes of their project', async () => {
    const { api, plans, facts } = followed();
    plans.want('schedules', true);
    plans.want('approvals', true);
    await settled();
    api.asked = [];
    facts.noteChanged({
      project: 'other',
      pipelines: true,
      schedules: true,
      datasets: false
    });
    await settled();
    expect(api.asked).toEqual([]);
    facts.noteChanged({
      project: 'nested',
      pipelines: false,
      schedules: true,
      datasets: false
    });
    await settled();
    expect(api.asked).toEqual([`schedules ${NOTEBOOK}`]);
    api.asked = [];
    facts.noteChanged({
      project: 'nested',
      pipelines: true,
      schedules: false,
      datasets: false
    });
    await settled();
    expect(api.asked).toEqual([
      `schedules ${NOTEBOOK}`,
      `approvals ${NOTEBOOK}`
    ]);
  });

  it('are read once more for each cell of a run, and not for each line that it prints', async () => {
    const { api, plans, facts } = followed();
    plans.want('pipelines', true);
    await settled();
    api.asked = [];
    facts.noteRun(runEvent(3, { notebook: NOTEBOOK, line: 'epoch 1' }));
    await settled();
    facts.noteRun(runEvent(3, { notebook: NOTEBOOK, line: 'epoch 2' }));
    await settled();
    expect(api.asked).toEqual([`pipelines ${NOTEBOOK}`]);
    facts.dispose();
  });

  it('read what changed while nobody looked once somebody does', async () => {
    const { api, plans, facts } = followed();
    plans.want('approvals', true);
    await settled();
    plans.want('approvals', false);
    api.asked = [];
    facts.noteChanged({
      project: 'nested',
      pipelines: true,
      schedules: false,
      datasets: false
    });
    await settled();
    expect(api.asked).toEqual([]);
    plans.want('approvals', true);
    await settled();
    expect(api.asked).toEqual([`approvals ${NOTEBOOK}`]);
  });

  it('drop what arrives after the notebook was switched', async () => {
    const { plans, model } = followed();
    plans.want('pipelines', true);
    model.follow(null);
    await settled();
    expect(plans.state.answers).toEqual({});
    expect(plans.state.notebook).toBeNull();
  });

  it('say why they could not be read, and forget it when they can', async () => {
    const { api, plans } = followed();
    api.refusal = new ApiError('The store is busy.', 'Try again.', 503);
    plans.want('pipelines', true);
    await settled();
    expect(plans.state.problems.pipelines?.message).toBe('The store is busy.');
    api.refusal = null;
    plans.refresh();
    await settled();
    expect(plans.state.problems.pipelines).toBeUndefined();
  });

  it('say for a while what became of an order', async () => {
    vi.useFakeTimers();
    const { plans, facts } = followed();
    await plans.act((to, path) => to.schedule(path, 7, 'pause'));
    facts.noteRun(runEvent(3, { notebook: NOTEBOOK, state: 'cancelled' }));
    vi.advanceTimersByTime(59_000);
    expect(plans.state.done).toBe('Done: pause 7.');
    vi.advanceTimersByTime(1_000);
    expect(plans.state.done).toBeNull();
    facts.dispose();
    vi.useRealTimers();
  });

  it('say of what is to run no more that it is due once that has run', async () => {
    const { plans, facts } = followed();
    await plans.act(
      (to, path) => to.schedule(path, 7, 'fire'),
      'until a run has ended'
    );
    facts.noteRun(runEvent(3, { notebook: NOTEBOOK }));
    expect(plans.state.done).toBe('Done: fire 7.');
    facts.noteRun(runEvent(3, { notebook: NOTEBOOK, state: 'succeeded' }));
    expect(plans.state.done).toBeNull();
    facts.dispose();
  });

  it('say what the kernel answers as long as nothing else is asked', async () => {
    vi.useFakeTimers();
    const { plans, facts } = followed();
    await plans.debug('flights#3', 'train');
    const told = plans.state.done;
    expect(told).not.toBeNull();
    facts.noteRun(runEvent(3, { notebook: NOTEBOOK, state: 'succeeded' }));
    vi.advanceTimersByTime(600_000);
    expect(plans.state.done).toBe(told);
    plans.refresh();
    expect(plans.state.done).toBeNull();
    facts.dispose();
    vi.useRealTimers();
  });

  it('say what became of an order, or why nothing did', async () => {
    const { api, plans } = followed();
    expect(await plans.act((to, path) => to.schedule(path, 7, 'pause'))).toBe(
      true
    );
    expect(plans.state.done).toBe('Done: pause 7.');
    api.refusal = new ApiError('It is paused.', 'Resume it.', 400);
    expect(await plans.act((to, path) => to.schedule(path, 7, 'fire'))).toBe(
      false
    );
    expect(plans.state.failed).toMatchObject({
      message: 'It is paused.',
      cure: 'Resume it.'
    });
    expect(plans.state.done).toBeNull();
    expect(plans.state.busy).toBe(false);
  });
});
