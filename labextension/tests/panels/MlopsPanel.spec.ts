import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { AccordionPanel } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import schema from '../../schema/panel.json';
import { PanelModel } from '../../src/model/panelModel';
import { Plans } from '../../src/model/plans';
import { MlopsPanel } from '../../src/panels/MlopsPanel';
import { MemoryApi } from '../fixtures';
import { MemoryHost, MemoryPanelApi } from '../panelFixtures';

let panel: MlopsPanel;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', false); // widgets draw by themselves
  vi.stubGlobal('requestIdleCallback', (then: () => void) => then()); // jsdom is never idle
  const model = new PanelModel(new MemoryApi());
  panel = new MlopsPanel({
    model,
    host: new MemoryHost(),
    translator: nullTranslator,
    plans: () => Promise.resolve(new Plans(new MemoryPanelApi(), model))
  });
  Widget.attach(panel, document.body);
});

afterEach(() => {
  panel.dispose();
  vi.unstubAllGlobals();
});

/** What stands above each section, as one goes through them; an open one with a minus before. */
function titles(): string[] {
  const known = (panel.content as AccordionPanel).titles;
  const all = [...panel.node.querySelectorAll<HTMLElement>('[aria-expanded]')];
  const inOrder = all.filter(one => known.includes(one));
  expect(inOrder).toEqual(known);
  return inOrder.map(title => {
    const open = title.getAttribute('aria-expanded') === 'true';
    return `${open ? '-' : ''}${title.textContent?.trim() ?? ''}`;
  });
}

describe('the sections of the panel', () => {
  it('can each be taken away by a setting of its name', () => {
    const all = titles();
    expect(Object.keys(schema.properties)).toHaveLength(all.length);
    for (const [name, { title }] of Object.entries(schema.properties)) {
      panel.choose({ [name]: false });
      const left = all.filter(one => one.replace('-', '') !== title);
      expect(titles(), name).toEqual(left);
      expect(left).toHaveLength(all.length - 1);
    }
  });

  it('come back in their places, open as they were', () => {
    const before = titles();
    panel.choose({ steps: false, runs: false, schedules: false });
    expect(titles().slice(0, 2)).toEqual(['-Pipeline', 'Data']);
    panel.choose({});
    expect(titles()).toEqual(before);
    expect(before.slice(0, 3)).toEqual(['-Steps', '-Pipeline', '-Runs']);
  });

  it('keep their heights where another setting is changed', () => {
    const accordion = panel.content as AccordionPanel;
    const share = vi.spyOn(accordion, 'setRelativeSizes');
    panel.choose({});
    expect(share).not.toHaveBeenCalled();
    panel.choose({ data: false });
    expect(share).toHaveBeenCalled();
  });

  it('are there for who is led to one that was taken away', () => {
    panel.choose({ runs: false, schedules: false });
    panel.open('Schedules');
    expect(titles().slice(0, 3)).toEqual(['-Steps', '-Pipeline', '-Schedules']);
    panel.choose({ schedules: false, steps: false });
    expect(titles().slice(0, 3)).toEqual(['-Pipeline', '-Runs', '-Schedules']);
  });
});
