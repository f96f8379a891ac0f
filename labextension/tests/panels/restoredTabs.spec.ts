import { LayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { PromiseDelegate } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import { BoxPanel, Widget } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { EventStream } from '../../src/api/events';
import { FormTabs } from '../../src/panels/formTabs';
import type { FormSubject } from '../../src/panels/formTabs';
import { RestoredTabs } from '../../src/panels/restoredTabs';
import { RunTabs } from '../../src/panels/runTabs';
import type { RunSubject } from '../../src/panels/runTabs';
import { review } from '../formFixtures';

/** What JupyterLab keeps from one load of the page to the next. */
class Kept {
  readonly values = new Map<string, unknown>();

  fetch(id: string): Promise<unknown> {
    return Promise.resolve(this.values.get(id));
  }

  list(namespace: string): Promise<{ ids: string[]; values: unknown[] }> {
    const found = [...this.values].filter(([id]) => id.startsWith(namespace));
    return Promise.resolve({
      ids: found.map(([id]) => id),
      values: found.map(([, value]) => value)
    });
  }

  save(id: string, value: unknown): Promise<void> {
    this.values.set(id, JSON.parse(JSON.stringify(value)));
    return Promise.resolve();
  }

  remove(id: string): Promise<void> {
    this.values.delete(id);
    return Promise.resolve();
  }
}

const GONE = {
  message: 'It is not there any more.',
  cure: 'List what there is with nbmlops runs.'
};

/** What the server answers by the last part of the address; what it has not is gone. */
let answers: Record<string, unknown>;
let pages: BoxPanel[];

function answer(request: Request): Promise<Response> {
  const name = new URL(request.url).pathname.split('/').at(-1) ?? '';
  const found = answers[name];
  return Promise.resolve(
    found === undefined
      ? new Response(JSON.stringify(GONE), { status: 400 })
      : new Response(JSON.stringify(found))
  );
}

/** JupyterLab as it was loaded, with the tabs of the last time; `forms` and `runs` open others. */
async function loaded(
  kept: Kept
): Promise<{ main: BoxPanel; forms: FormTabs; runs: RunTabs }> {
  const main = new BoxPanel();
  Widget.attach(main, document.body);
  pages.push(main);
  const shell = {
    add: (widget: Widget) => main.addWidget(widget),
    activateById: () => undefined
  };
  const serverSettings = ServerConnection.makeSettings({
    fetch: answer as typeof globalThis.fetch
  });
  const serviceManager = { serverSettings };
  const app = { shell, serviceManager } as unknown as JupyterFrontEnd;
  const began = vi.fn();
  const restored = new RestoredTabs<FormSubject>('forms');
  const forms = new FormTabs(app, nullTranslator, restored);
  const runs = new RunTabs(
    app,
    nullTranslator,
    new EventStream({ stream: new Signal({}) })
  );
  const started = new PromiseDelegate<void>();
  const restorer = new LayoutRestorer({
    connector: kept,
    first: started.promise,
    registry: {
      execute: (command: string, subject: unknown) =>
        command === 'form'
          ? forms.reopen(subject as FormSubject, began)
          : runs.open(subject as RunSubject)
    }
  } as unknown as LayoutRestorer.IOptions);
  restored.restoreBy('form', restorer);
  runs.restored.restoreBy('run', restorer);
  started.resolve();
  await restorer.restored;
  return { main, forms, runs };
}

function titles(main: BoxPanel): string[] {
  return main.widgets.map(({ title }) => title.label);
}

beforeEach(() => {
  pages = [];
  answers = {};
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', false); // widgets draw by themselves
  vi.stubGlobal('requestIdleCallback', (then: () => void) => then()); // jsdom is never idle
});

afterEach(() => {
  pages.forEach(page => page.dispose());
  vi.unstubAllGlobals();
});

const NOTEBOOK = 'a/flights.ipynb';

const TABS: ReadonlyArray<
  readonly [string, (page: Awaited<ReturnType<typeof loaded>>) => Promise<void>]
> = [
  ['Schedule', ({ forms }) => forms.schedule(NOTEBOOK, null)],
  ['Schedule 3', ({ forms }) => forms.schedule(NOTEBOOK, 3)],
  ['Review of flights@2', ({ forms }) => forms.review(NOTEBOOK, 'flights@2')],
  [
    'Run flights@2',
    ({ forms }) =>
      forms.reopen(
        { form: 'run', notebook: NOTEBOOK, version: 'flights@2', to: 'train' },
        () => undefined
      )
  ],
  ['Log of flights#1', ({ runs }) => runs.openLog(NOTEBOOK, 'flights#1')],
  ['Report of flights#1', ({ runs }) => runs.openReport('a', 'flights#1')]
];

describe.each(TABS)('the tab "%s"', (title, open) => {
  it('is open once, and is there again when the page is loaded', async () => {
    const kept = new Kept();
    const first = await loaded(kept);
    await open(first);
    await open(first);
    expect(titles(first.main)).toEqual([title]);

    const second = await loaded(kept);
    expect(titles(second.main)).toEqual([title]);
    const ids = [first, second].map(({ main }) => main.widgets[0]?.id);
    expect(ids[1]).toBe(ids[0]);
  });

  it('says what to do where that is gone which it is of', async () => {
    const kept = new Kept();
    await open(await loaded(kept));
    const { main } = await loaded(kept);
    await vi.waitFor(() => {
      expect(main.node.textContent).toContain(GONE.message);
      expect(main.node.textContent).toContain(GONE.cure);
    });
  });

  it('stays away once it was closed', async () => {
    const kept = new Kept();
    const { main, ...first } = await loaded(kept);
    await open({ main, ...first });
    main.widgets[0]?.close();
    expect(titles((await loaded(kept)).main)).toEqual([]);
  });
});

describe('a tab that is there again', () => {
  it('shows what it is of', async () => {
    answers = {
      review: review(),
      transcript: { text: 'rows 2', status: 'succeeded' },
      report: { html: '<h1>flights#1</h1>' },
      parameters: { parameters: { properties: {} } }
    };
    const kept = new Kept();
    const first = await loaded(kept);
    for (const [, open] of TABS.slice(2)) {
      await open(first);
    }
    const { main } = await loaded(kept);
    await vi.waitFor(() => {
      const [reviewed, run, log, report] = TABS.slice(2).map(
        ([title]) => main.widgets.find(one => one.title.label === title)?.node
      );
      expect(reviewed?.textContent).toContain('built by ada');
      expect(run?.querySelector('h2')?.textContent).toBe(
        'Run flights@2 up to train'
      );
      expect(run?.querySelector('form')).not.toBeNull();
      expect(log?.querySelector('[role=log]')?.textContent).toBe('rows 2');
      const frame = report?.querySelector('iframe');
      expect(frame?.getAttribute('srcdoc')).toContain('flights#1');
      expect(frame?.getAttribute('sandbox')).toBe('allow-scripts');
    });
  });
});
