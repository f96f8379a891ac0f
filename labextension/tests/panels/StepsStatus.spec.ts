import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { describe, expect, it, vi } from 'vitest';

import { NotebookFacts } from '../../src/model/facts';
import type { OpenFacts, OpenNotebooks } from '../../src/panels/openNotebooks';
import { StepsStatus, stepsText } from '../../src/panels/StepsStatus';
import { MemoryApi, MemoryNotebook } from '../fixtures';

const trans = nullTranslator.load('nbmlops');

/** As much of the open notebooks as the status bar looks at. */
class Notebooks {
  readonly currentChanged = new Signal<this, void>(this);
  readonly opened = new Signal<this, OpenFacts>(this);
  current: OpenFacts | null = null;

  show(facts: NotebookFacts | null): void {
    this.current = facts && ({ facts } as unknown as OpenFacts);
    this.currentChanged.emit();
  }
}

function statusOf(notebooks: Notebooks, onOpen = vi.fn()): StepsStatus {
  const shown = notebooks as unknown as OpenNotebooks;
  return new StepsStatus(shown, trans, 'en', onOpen);
}

describe('how steps stand, in few words', () => {
  it.each([
    [[], ''],
    [['fresh'], '1 step, fresh'],
    [['fresh', 'fresh'], '2 steps, all fresh'],
    [['fresh', 'stale', 'stale'], 'Steps: 2 stale'],
    [
      ['stale', 'failed', 'never run', 'fresh'],
      'Steps: 1 failed, 1 stale, and 1 never run'
    ],
    [['as saved', 'edited', 'stale'], 'Steps: 1 edited and 1 stale'],
    [['as saved'], '1 step, fresh as saved'],
    [['as saved', 'as saved'], '2 steps, all fresh as saved']
  ] as const)('says of %j "%s"', (states, words) => {
    expect(stepsText(states, trans, 'en')).toBe(words);
  });
});

describe('the steps in the status bar', () => {
  it('follow the current notebook, and are not there without one', async () => {
    const notebooks = new Notebooks();
    const status = statusOf(notebooks);
    const changes = vi.fn();
    status.activeChanged.connect(changes);
    expect(status.active).toBe(false);

    const facts = new NotebookFacts(
      new MemoryApi(),
      new MemoryNotebook('flights.ipynb')
    );
    notebooks.show(facts);
    expect(status.active).toBe(false);
    await facts.refresh();
    expect(status.node.textContent).toBe('Steps: 1 stale');
    expect(changes).toHaveBeenCalledTimes(1);

    notebooks.show(null);
    expect(status.active).toBe(false);
    expect(changes).toHaveBeenCalledTimes(2);
    await facts.refresh();
    expect(status.node.textContent).toBe('');
    status.dispose();
  });

  it('count one whose cell is edited, until it has run', async () => {
    const notebooks = new Notebooks();
    const status = statusOf(notebooks);
    const api = new MemoryApi();
    const notebook = new MemoryNotebook('flights.ipynb');
    const facts = new NotebookFacts(api, notebook);
    notebooks.show(facts);
    await facts.refresh();
    expect(status.node.textContent).toBe('Steps: 1 stale');
    const cells = notebook.cells;
    notebook.cells = cells.map(cell => ({
      ...cell,
      edited: cell.step === 'train'
    }));
    notebook.isAhead = true;
    facts.noteCells();
    expect(status.node.textContent).toBe('Steps: 1 edited');
    notebook.cells = cells;
    notebook.isAhead = false;
    facts.noteCells();
    expect(status.node.textContent).toBe('Steps: 1 stale');
    status.dispose();
  });

  it('are not there where nobody wants them', async () => {
    const notebooks = new Notebooks();
    const status = statusOf(notebooks);
    const facts = new NotebookFacts(
      new MemoryApi(),
      new MemoryNotebook('flights.ipynb')
    );
    await facts.refresh();
    notebooks.show(facts);
    const changes = vi.fn();
    status.activeChanged.connect(changes);
    status.shown = false;
    expect(status.active).toBe(false);
    expect(changes).toHaveBeenCalledTimes(1);
    notebooks.show(null);
    notebooks.show(facts);
    expect(changes).toHaveBeenCalledTimes(1);
    status.shown = true;
    expect(status.active).toBe(true);
    expect(changes).toHaveBeenCalledTimes(2);
    status.dispose();
  });

  it('lead to the panel', () => {
    const onOpen = vi.fn();
    const status = statusOf(new Notebooks(), onOpen);
    status.node.querySelector('button')?.click();
    expect(onOpen).toHaveBeenCalledTimes(1);
  });
});
