import { act } from 'react';
import { describe, expect, it } from 'vitest';

import { ApiError } from '../../src/api/client';
import {
  frame,
  MemoryApi,
  MemoryNotebook,
  row,
  run,
  runEvent,
  standing
} from '../fixtures';
import { byLabel, click, host, scrolled, shown } from './panelHarness';

describe('the panel', () => {
  it('lists the versions of each step, newest first, with their facts', async () => {
    await shown(new MemoryApi());
    const versions = byLabel('Versions of train');
    expect(versions.textContent).toMatch(/train@2.*train@1/s);
    expect(versions.textContent).toContain('max_depth 4 → 6');
    expect(versions.textContent).toContain('ada · 2 executions · 2.4 s');
    expect(versions.textContent).toContain('auc0.9123');
  });

  it('shows where a run stands that goes on', async () => {
    const api = new MemoryApi();
    api.runsAnswer = [run(3)];
    const { facts } = await shown(api);
    await act(async () => {
      facts.noteRun(runEvent(3, { notebook: 'nested/flights.ipynb' }));
      await Promise.resolve();
    });
    const bar = byLabel('Progress of flights#3') as HTMLProgressElement;
    expect(bar.value).toBe(0.5);
    expect(byLabel('Runs').textContent).toContain(
      'train · cell 3 of 4 · 12.3 s'
    );
    expect(byLabel('Runs').textContent).toContain('epoch 7');
  });

  it('shows the difference of two versions that are chosen', async () => {
    await shown(new MemoryApi());
    await click('Compare train@1');
    await click('Compare train@2');
    expect(byLabel('Compare train@1').getAttribute('aria-pressed')).toBe(
      'true'
    );
    const difference = byLabel('Difference train@1 → train@2');
    expect(scrolled.mock.contexts).toEqual([difference]);
    expect(difference.textContent).toContain('+depth = 6');
    expect(difference.textContent).toContain('Metrics');
    expect(difference.textContent).not.toContain('Inputs');
    await click('Close the difference');
    expect(host.querySelector('.nbm-Diff')).toBeNull();
  });

  it('shows what a version made, without loading it, when it is opened', async () => {
    const api = new MemoryApi();
    api.valuesAnswer = [
      frame(),
      frame({ name: 'model', manifest: null, reason: 'too large' })
    ];
    await shown(api);
    expect(api.asked).not.toContain('values train 2');
    await click('Values of train@2');
    expect(api.asked).toContain('values train 2');
    const version = byLabel('Versions of train');
    expect(version.textContent).toContain(
      'flights pandas.DataFrame · 3 × 2 · 1.5 KiB · stored'
    );
    expect(version.textContent).toContain('not storedtoo large');
    expect(byLabel('Columns').textContent).toContain(
      'delayfloat641.54020.7512'
    );
    expect(byLabel('Columns').textContent).toContain(
      'carrierstrnot looked into: too large'
    );
    expect(byLabel('First rows').textContent).toContain('delaycarrier1.5AAUA');
    await click('Values of train@2');
    expect(host.querySelector('.nbm-Value')).toBeNull();
  });

  it('reads the values again that are open when their version has run again', async () => {
    const api = new MemoryApi();
    const { model } = await shown(api);
    await click('Values of load@1');
    await act(() => model.refresh());
    const asked = (): number =>
      api.asked.filter(question => question === 'values load 1').length;
    expect(asked()).toBe(1);
    api.stepsAnswer = Promise.resolve({
      schema: 'nbmlops.steps/1',
      notebook: 'flights.ipynb',
      recorded: true,
      steps: [{ name: 'load', versions: [row('load', 1, { executions: 2 })] }]
    });
    await act(() => model.refresh());
    expect(asked()).toBe(2);
  });

  it('says of each step whether it is fresh, and why not', async () => {
    await shown(new MemoryApi());
    expect(byLabel('Step load').textContent).toMatch(/^loadfresh/);
    const stale = byLabel('Step train').querySelector('summary');
    expect(stale?.textContent).toBe('stale');
    expect(stale?.title).toBe('load has run again');
  });

  it('says of a fresh step what the kernel holds otherwise, and where its name stands', async () => {
    const api = new MemoryApi();
    const held = [{ name: 'rows', by: 15, detail: 'another rows (by @15)' }];
    api.freshnessAnswer = Promise.resolve({
      schema: 'nbmlops.freshness/1',
      saved_at: null,
      latest: 7,
      taken: {},
      unapproved: {},
      requested: {},
      notebook: 'flights.ipynb',
      steps: [standing('load', { held, named_in: [1, 4], others_above: 2 })]
    });
    await shown(api);
    const fresh = byLabel('Step load').querySelector('summary');
    expect(fresh?.textContent).toBe('fresh');
    expect(fresh?.title).toBe(
      'and 2 more cells above; another rows (by @15); named in cells 1, 4'
    );
  });

  it('shows the versions where the freshness is not known, and says why', async () => {
    const api = new MemoryApi();
    api.freshnessAnswer = Promise.reject(
      new ApiError('flights.ipynb is not a notebook.', null, 400)
    );
    await shown(api);
    expect(host.textContent).toContain(
      'Whether the steps are fresh is not known: flights.ipynb is not a notebook.'
    );
    expect(host.querySelector('[role=alert]')).toBeNull();
    byLabel('Compare train@2');
  });

  it('shows tags, what a verification showed and what is not known of the inputs', async () => {
    const api = new MemoryApi();
    api.stepsAnswer = Promise.resolve({
      schema: 'nbmlops.steps/1',
      notebook: 'flights.ipynb',
      recorded: true,
      steps: [
        {
          name: 'train',
          versions: [
            row('train', 2, {
              verified: 'different',
              verified_why: 'different: model. Probable cause: randomness',
              inputs_note: 'exec runs code that is not seen'
            }),
            row('train', 1, { verified: 'identical', tags: ['best'] })
          ]
        }
      ]
    });
    await shown(api);
    const [newer, older] = byLabel('Versions of train').children;
    const badges = [...(newer?.querySelectorAll('summary') ?? [])];
    expect(badges.map(badge => [badge.textContent, badge.title])).toEqual([
      ['differs', 'different: model. Probable cause: randomness'],
      ['inputs not fully known', 'exec runs code that is not seen']
    ]);
    const told = [...(older?.querySelectorAll('.nbm-Badge') ?? [])];
    expect(told.map(badge => badge.textContent)).toEqual([
      'best',
      'reproduced'
    ]);
  });

  it('says what was restored', async () => {
    await shown(new MemoryApi());
    await click('Restore source of train@1');
    expect(host.querySelector('[role=status]')?.textContent).toContain(
      'train@1'
    );
  });

  it('says of what standings are while there are edits that are not saved', async () => {
    const notebook = new MemoryNotebook('nested/flights.ipynb');
    const { facts } = await shown(new MemoryApi(), notebook);
    expect(host.textContent).not.toContain('As saved at');
    notebook.changed = true;
    act(() => facts.noteCells());
    expect(host.textContent).toMatch(
      /As saved at .*31.*; save the notebook to see later edits\./
    );
  });

  it('shows what the kernel answers when values are restored', async () => {
    await shown(new MemoryApi());
    await click('Restore values of train@1');
    await act(() => Promise.resolve());
    expect(host.querySelector('[role=status]')?.textContent).toBe(
      'Restored model of train@1.'
    );
  });

  it('teaches the next step where nothing was recorded', async () => {
    const api = new MemoryApi();
    api.stepsAnswer = Promise.resolve({
      schema: 'nbmlops.steps/1',
      notebook: 'flights.ipynb',
      recorded: false,
      steps: []
    });
    await shown(api);
    expect(host.textContent).toContain(
      "Put %mlops track NAME on a cell's first line and run it."
    );
  });

  it('shows a problem with its cure and keeps the heading', async () => {
    const api = new MemoryApi();
    api.stepsAnswer = Promise.reject(
      new ApiError('The store is damaged.', 'Restore a copy of it.', 500)
    );
    await shown(api);
    const told = host.querySelector('[role=alert]')?.querySelectorAll('p');
    expect([...(told ?? [])].map(one => one.textContent)).toEqual([
      'The store is damaged.',
      'Restore a copy of it.'
    ]);
    byLabel('Refresh');
  });

  it('leads to the step that somebody asked for', async () => {
    const { model } = await shown(new MemoryApi());
    act(() => model.open('train'));
    expect(document.activeElement?.textContent).toBe('train');
    expect(scrolled).toHaveBeenCalled();
  });

  it('asks for a notebook where none is open', async () => {
    const { model } = await shown(new MemoryApi());
    act(() => model.follow(null));
    expect(host.textContent).toContain('Open a notebook to see its steps.');
  });
});
