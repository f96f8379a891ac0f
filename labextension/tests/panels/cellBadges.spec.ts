import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { said } from '../../src/api/sentence';
import type { BadgePart } from '../../src/model/cellBadge';
import { NotebookFacts } from '../../src/model/facts';
import { CellBadges } from '../../src/panels/cellBadges';
import type { OpenFacts } from '../../src/panels/openNotebooks';
import { MemoryApi, MemoryNotebook } from '../fixtures';

interface Shown {
  readonly api: MemoryApi;
  readonly notebook: MemoryNotebook;
  readonly facts: NotebookFacts;
  readonly cells: HTMLElement[];
  readonly onOpen: (step: string) => void;
  readonly badges: CellBadges;
}

/** As much of a notebook's widgets as badges are put at: nodes by the ids of their cells. */
function shown(count: number): Shown {
  const api = new MemoryApi();
  const notebook = new MemoryNotebook('flights.ipynb');
  const facts = new NotebookFacts(api, notebook);
  const widgets = Array.from({ length: count }, (_, at) => {
    const node = document.createElement('div');
    return {
      node,
      model: { id: `c${at + 1}` },
      addClass: (name: string) => node.classList.add(name),
      removeClass: (name: string) => node.classList.remove(name)
    };
  });
  const changed = new Signal({});
  const content = { widgets, model: { cells: { changed } } };
  const panel = { isDisposed: false, content };
  const opened = { panel, view: notebook, facts } as unknown as OpenFacts;
  const onOpen = vi.fn();
  const trans = nullTranslator.load('nbmlops');
  const badges = new CellBadges(opened, trans, onOpen);
  const cells = widgets.map(one => one.node);
  return { api, notebook, facts, cells, onOpen, badges };
}

function buttons(cells: readonly HTMLElement[]): HTMLButtonElement[] {
  return cells.flatMap(cell => [...cell.querySelectorAll('button')]);
}

describe('the badges of a notebook', () => {
  let page: Shown;

  beforeEach(async () => {
    page = shown(500);
    await page.facts.refresh();
    await Promise.resolve();
  });

  it('stand at the cells that are steps, with a name for who hears them', () => {
    const labels = buttons(page.cells).map(one =>
      one.getAttribute('aria-label')
    );
    expect(labels).toEqual([
      'Step load@1: fresh, 2.4 s',
      'Step train@1: stale, 2.4 s'
    ]);
    expect(buttons(page.cells)[1]?.title).toContain('load has run again');
  });

  it('say why a label makes no step, and open it once that is mended', async () => {
    const cell = { id: 'c2', step: '1x', edited: false };
    page.notebook.cells = [{ ...cell, problem: said("'%1' is wrong", '1x') }];
    page.facts.noteCells();
    await Promise.resolve();
    const [button] = buttons(page.cells);
    expect(button?.getAttribute('aria-label')).toBe('Step 1x: no step');
    expect(button?.title).toBe("'1x' is wrong");
    button?.click();
    expect(page.onOpen).not.toHaveBeenCalled();

    page.notebook.cells = [{ ...cell, step: 'train' }];
    page.facts.noteCells();
    await Promise.resolve();
    buttons(page.cells)[0]?.click();
    expect(page.onOpen).toHaveBeenCalledWith('train');
  });

  it('open the step that they are of', () => {
    buttons(page.cells)[1]?.click();
    expect(page.onOpen).toHaveBeenCalledWith('train');
  });

  it('stay the same nodes, and are not drawn again, while nothing differs', async () => {
    const before = buttons(page.cells);
    const inside = before.map(one => one.firstChild);
    await page.facts.refresh();
    await Promise.resolve();
    expect(buttons(page.cells)).toEqual(before);
    expect(buttons(page.cells).map(one => one.firstChild)).toEqual(inside);
  });

  it('go, and say less, as somebody chooses', async () => {
    const labels = async (...parts: BadgePart[]): Promise<unknown[]> => {
      page.badges.choose(new Set(parts));
      await Promise.resolve();
      return buttons(page.cells).map(one => one.getAttribute('aria-label'));
    };
    expect(await labels('shown', 'cacheHits')).toEqual([
      'Step load@1: fresh',
      'Step train@1: stale'
    ]);
    expect(await labels('duration')).toEqual([]);
    expect(page.cells[0]?.className).toBe('');
    expect(await labels('shown', 'duration')).toHaveLength(2);
  });

  it('go where a cell is no step any more', async () => {
    page.notebook.cells = page.notebook.cells.slice(1);
    page.facts.noteCells();
    await Promise.resolve();
    expect(buttons(page.cells)).toHaveLength(1);
    expect(page.cells[0]?.className).toBe('');
  });
});
