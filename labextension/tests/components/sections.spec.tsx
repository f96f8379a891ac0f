import { act } from 'react';
import { describe, expect, it } from 'vitest';

import { ApiError } from '../../src/api/client';
import { MemoryApi, MemoryNotebook, run, runEvent } from '../fixtures';
import { graph, MemoryPanelApi, scheduleRow } from '../panelFixtures';
import { byLabel, click, host, shown } from './panelHarness';

/** Write into a field as a user does. */
async function write(field: Element | null, text: string): Promise<void> {
  const input = field as HTMLInputElement;
  const kind =
    input instanceof HTMLTextAreaElement
      ? HTMLTextAreaElement
      : HTMLInputElement;
  await act(async () => {
    Object.getOwnPropertyDescriptor(kind.prototype, 'value')?.set?.call(
      input,
      text
    );
    input.dispatchEvent(new Event('input', { bubbles: true }));
    await Promise.resolve();
  });
}

async function submit(form: HTMLElement): Promise<void> {
  await act(async () => {
    form.querySelector<HTMLElement>('button[type=submit]')?.click();
    await Promise.resolve();
  });
}

describe('the pipeline section', () => {
  it('draws each step as a button that says how it stands and leads to its cell', async () => {
    const notebook = new MemoryNotebook('nested/flights.ipynb');
    const { app } = await shown(new MemoryApi(), notebook);
    const train = byLabel('train: failed · stale; needs load (rows)');
    byLabel('load: succeeded · 2.4 s');
    await act(async () => {
      train.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })
      );
      await Promise.resolve();
    });
    expect(notebook.shown).toEqual(['train']);
    expect(app.asked).toEqual(['reveal']);
  });

  it('shows the step that runs as events tell it', async () => {
    const panelApi = new MemoryPanelApi();
    panelApi.graphs = [graph({ run_status: 'running' })];
    const { facts } = await shown(new MemoryApi(), undefined, panelApi);
    const notebook = 'nested/flights.ipynb';
    await act(async () => {
      facts.noteRun(runEvent(3, { notebook, step: 'load' }));
      await Promise.resolve();
    });
    byLabel('load: running');
  });

  it('teaches how to build the first one', async () => {
    const panelApi = new MemoryPanelApi();
    panelApi.graphs = [];
    await shown(new MemoryApi(), undefined, panelApi);
    expect(host.textContent).toContain('Build one of the steps here');
  });
});

describe('the runs section', () => {
  it('offers what may be done with a run as it stands', async () => {
    const api = new MemoryApi();
    const failure = {
      kind: 'ValueError',
      message: 'no rows',
      traceback: '',
      step: 'train',
      cell_id: 'c2',
      cell_index: 1,
      line: 2
    };
    api.runsAnswer = [run(4), run(3, { status: 'failed', failure })];
    const notebook = new MemoryNotebook('nested/flights.ipynb');
    const panelApi = new MemoryPanelApi();
    const { app } = await shown(api, notebook, panelApi);
    const offered = (name: string): string[] =>
      [...byLabel(`Actions on ${name}`).children].map(one => one.textContent);
    expect(offered('flights#4')).toEqual(['Log', 'Cancel']);
    expect(offered('flights#3')).toEqual([
      'Log',
      'Report',
      'Resume',
      'Go to failed cell',
      'Debug…'
    ]);
    await click('Log: flights#3');
    await click('Report: flights#3');
    await click('Cancel: flights#4');
    await click('Resume: flights#3');
    expect(app.asked).toEqual([
      'log flights#3',
      'report flights#3',
      'Cancel flights#4?'
    ]);
    expect(panelApi.asked).toContain('cancel flights#4');
    expect(panelApi.asked).toContain('resume flights#3');
    await click('Debug…: flights#3');
    await act(() => new Promise(resolve => setTimeout(resolve)));
    expect(notebook.shown).toEqual(['c2']);
    expect(notebook.lines).toEqual([
      '%load_ext nbmlops',
      '%mlops debug flights#3 --yes'
    ]);
  });
});

describe('the schedules section', () => {
  it('says that a scheduler runs, and how to stop it', async () => {
    const api = new MemoryPanelApi();
    api.schedulerRuns = true;
    await shown(new MemoryApi(), undefined, api);
    expect(host.textContent).toContain('A scheduler runs on this machine');
    expect(host.textContent).toContain('nbmlops scheduler stop');
    expect(host.textContent).not.toContain('Start scheduler');
  });

  it('says when a schedule fires next, how it went last, and that no scheduler runs', async () => {
    await shown(new MemoryApi());
    const list = byLabel('Schedules').textContent;
    expect(list).toContain('flights@2every day at 06:00');
    expect(list).toMatch(/next.*last.*failed.*flights#3/);
    expect(host.textContent).toContain('nbmlops scheduler start');
    const start = [...host.querySelectorAll('button')].find(
      one => one.textContent === 'Start scheduler'
    );
    await act(async () => {
      start?.click();
      await Promise.resolve();
    });
    expect(host.textContent).toContain('start scheduler nested/flights.ipynb');
    expect(byLabel('Backfills').textContent).toContain(
      '3 of 4 ended · 1 failed'
    );
  });

  it('pauses a schedule, and says what became of it', async () => {
    const panelApi = new MemoryPanelApi();
    await shown(new MemoryApi(), undefined, panelApi);
    panelApi.rows = [scheduleRow({ paused: true, pause_reason: 'by ada' })];
    await click('Pause: schedule 7');
    await act(() => Promise.resolve());
    expect(panelApi.asked).toContain('pause 7');
    expect(host.querySelector('[role=status]')?.textContent).toBe(
      'Done: pause 7.'
    );
    byLabel('Resume: schedule 7');
  });

  it('opens the form of a schedule that is to be changed', async () => {
    const { app } = await shown(new MemoryApi());
    await click('Edit…: schedule 7');
    expect(app.asked).toEqual(['schedule 7']);
  });

  it('backfills for the days that are given', async () => {
    const panelApi = new MemoryPanelApi();
    await shown(new MemoryApi(), undefined, panelApi);
    await click('Backfill…: schedule 7');
    const form = byLabel('Backfill of schedule 7');
    const [from, to] = form.querySelectorAll('input');
    await write(from ?? null, '2026-01-01');
    await write(to ?? null, '2026-01-31');
    await submit(form);
    expect(panelApi.asked).toContain('backfill 7 2026-01-01 2026-01-31');
  });
});

describe('the approvals section', () => {
  it('approves with a reason, as who is logged in', async () => {
    const panelApi = new MemoryPanelApi();
    await shown(new MemoryApi(), undefined, panelApi);
    const form = byLabel('Approve flights@3');
    const button = form.querySelector('button');
    expect(button?.textContent).toBe('Approve as grace');
    expect(button?.disabled).toBe(true);
    await write(form.querySelector('textarea'), 'Looked at it.');
    await submit(form);
    expect(panelApi.asked).toContain('approve flights@3: Looked at it.');
  });

  it('shows why something was refused, with the cure', async () => {
    const panelApi = new MemoryPanelApi();
    await shown(new MemoryApi(), undefined, panelApi);
    const form = byLabel('Approve flights@3');
    await write(form.querySelector('textarea'), 'Looked at it.');
    panelApi.refusal = new ApiError('It is not proved.', 'Prove it.', 409);
    await submit(form);
    await act(() => Promise.resolve());
    const refused = host.querySelector('[role=alert]')?.querySelectorAll('p');
    expect([...(refused ?? [])].map(one => one.textContent)).toEqual([
      'It is not proved.',
      'Prove it.'
    ]);
  });
});
