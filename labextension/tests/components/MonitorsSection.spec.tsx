import { describe, expect, it } from 'vitest';

import { MemoryApi, MemoryNotebook, run } from '../fixtures';
import { look, monitor } from '../monitorFixtures';
import { MemoryPanelApi } from '../panelFixtures';
import { byLabel, click, host, shown } from './panelHarness';

const NOTEBOOK = 'nested/flights.ipynb';

async function opened(
  panelApi: MemoryPanelApi,
  api = new MemoryApi()
): Promise<{ notebook: MemoryNotebook; asked: () => string[] }> {
  const notebook = new MemoryNotebook(NOTEBOOK);
  const { app } = await shown(api, notebook, panelApi);
  return { notebook, asked: () => app.asked };
}

function offered(name: string): string[] {
  return [...byLabel(`Actions on ${name}`).children].map(
    one => one.textContent
  );
}

describe('the section of monitors', () => {
  it('teaches how data are looked at where none are yet', async () => {
    await opened(new MemoryPanelApi());
    expect(host.textContent).toContain('Nothing is looked at for drift yet.');
    expect(host.textContent).toContain('nbmlops.check_drift(today, reference)');
  });

  it('says what has drifted, where, since when, and how each column went', async () => {
    const panelApi = new MemoryPanelApi();
    panelApi.monitored = [monitor()];
    await opened(panelApi);
    const list = byLabel('Monitors').textContent;
    expect(list).toContain('checkflights, schedule 7');
    expect(list).toContain('1 of 2 columns has drifted · drift since');
    expect(list).toContain(
      '1,000 rows beside 9 of flights#1:df · limit 0.2 · 2 looks'
    );
    expect(byLabel('Columns of check').textContent).toContain(
      'carrierdrifted · is gone'
    );
    byLabel('Index of delay by look: flights#2 0.05, flights#3 0.04');
  });

  it('draws a line of what was compared at least twice, and leads to run and cell', async () => {
    const panelApi = new MemoryPanelApi();
    panelApi.monitored = [
      monitor({
        checked: 1,
        columns: [
          {
            name: 'delay',
            drifted: true,
            index: 0.414,
            note: '',
            indexes: [0.1, 0.414]
          }
        ]
      })
    ];
    const { notebook, asked } = await opened(panelApi);
    byLabel('Index of delay by look: flights#2 0.1, flights#3 0.414');
    expect(byLabel('Columns of check').textContent).toContain('0.41 · drifted');
    expect(byLabel('Columns of check').textContent).not.toContain('furthest');
    expect(offered('check')).toEqual(['Report', 'Go to cell']);
    await click('Report: flights#3');
    await click('Go to cell: check');
    expect(asked()).toEqual(['report flights#3', 'reveal']);
    expect(notebook.shown).toEqual(['c9', 'check']);
  });

  it('leads to the log of a run that goes on, and to no run from the notebook', async () => {
    const api = new MemoryApi();
    api.runsAnswer = [run(3, { status: 'running' })];
    const panelApi = new MemoryPanelApi();
    panelApi.monitored = [
      monitor(),
      monitor({
        step: null,
        name: 'drift-of-load',
        pipeline: null,
        trigger: null,
        looks: [look({ run: null, step: null })]
      })
    ];
    await opened(panelApi, api);
    expect(offered('check')).toEqual(['Log', 'Go to cell']);
    const name = 'a cell without a name: drift-of-load';
    expect(offered(name)).toEqual(['Go to cell']);
    expect(byLabel('Monitors').textContent).toContain(`${name}in the notebook`);
  });

  it('says that an empty table was not compared, and how many monitors there are', async () => {
    const panelApi = new MemoryPanelApi();
    panelApi.monitored = [monitor({ judged: false, drifted: 0, since: null })];
    panelApi.monitorsTotal = 101;
    await opened(panelApi);
    expect(byLabel('Monitors').textContent).toContain(
      'nothing to compare: a table has no rows'
    );
    expect(host.textContent).toContain('1 of 101 monitors.');
  });
});
