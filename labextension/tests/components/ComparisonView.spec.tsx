import * as React from 'react';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import type { Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ComparisonView } from '../../src/components/ComparisonView';
import { VersionComparison } from '../../src/model/versionComparison';
import type { Opener } from '../../src/model/versionComparison';
import { MemoryComparisonApi } from '../comparisonFixtures';
import { MemoryNotebook } from '../fixtures';

let host: HTMLElement;
let root: Root;

beforeEach(() => {
  host = document.body.appendChild(document.createElement('div'));
  root = createRoot(host);
});

afterEach(() => {
  act(() => root.unmount());
  host.remove();
});

async function shown(
  api = new MemoryComparisonApi(),
  opener: Opener | null = null,
  reveal = (): void => {}
): Promise<VersionComparison> {
  const comparison = new VersionComparison(api, 'flights.ipynb', opener);
  const draw = (): void =>
    act(() =>
      root.render(<ComparisonView comparison={comparison} reveal={reveal} />)
    );
  comparison.changed.connect(draw);
  draw();
  await act(() => comparison.show());
  return comparison;
}

function region(name: string): HTMLElement {
  const found = host.querySelector<HTMLElement>(`[aria-label="${name}"]`);
  expect(found, name).not.toBeNull();
  return found as HTMLElement;
}

describe('two versions side by side', () => {
  it('shows both sources, and how far a metric has moved', async () => {
    await shown();
    expect(region('Source of train@1').textContent).toContain('depth = 4');
    expect(region('Source of train@2').textContent).toContain('depth = 6');
    const moved = region('What else has changed').querySelector(
      '.nbm-mod-measured tbody tr'
    );
    expect(moved?.textContent).toBe('auc0.900.91+0.01');
  });

  it('shows of a frame its columns, how much differs, and some rows', async () => {
    await shown();
    const frame = region('flights');
    expect(frame.textContent).toContain('1,200 rows · 2 changed');
    expect(frame.textContent).toContain('gate–str');
    expect(frame.querySelector('del')?.textContent).toBe('40');
    expect(frame.querySelector('ins')?.textContent).toBe('41');
    expect(frame.textContent).toContain('9 (added)');
  });

  it('shows of other values where they differ, and how to look into large ones', async () => {
    await shown();
    const inside = region('Inside of values');
    expect(region('scores').textContent).toContain('scores[2]3 of 10 elements');
    expect(inside.textContent).toContain('It differs in more places.');
    expect(inside.textContent).toContain(
      'nbmlops diff train@1 train@2 --values'
    );
  });

  it('shows two figures beside each other, and what differs', async () => {
    await shown();
    const pictures = [...region('Figure 2').querySelectorAll('img')];
    expect(pictures.map(picture => picture.alt)).toEqual([
      'Figure 2: train@1',
      'Figure 2: train@2',
      'Figure 2: What differs, in red'
    ]);
    expect(pictures[0]?.src).toBe('data:image/png;base64,b2xk');
    expect(region('Figure 2').textContent).toContain(
      '1,204 pixels differ, from (12, 30) to (96, 88)'
    );
  });

  it('restores either from here, and leads to the notebook', async () => {
    const notebook = new MemoryNotebook('flights.ipynb');
    const reveal = vi.fn();
    const opener = (): Promise<MemoryNotebook> => Promise.resolve(notebook);
    await shown(new MemoryComparisonApi(), opener, reveal);
    await act(async () => {
      region('Restore source and values of train@1').click();
      await Promise.resolve();
    });
    await act(() => Promise.resolve());
    expect(notebook.lines).toEqual(['%mlops restore train@1 --values']);
    expect(host.textContent).toContain('Restored model of train@1.');
    const button = [...host.querySelectorAll('button')].find(
      one => one.textContent === 'Go to the notebook'
    );
    act(() => button?.click());
    expect(reveal).toHaveBeenCalledOnce();
  });

  it('restores nothing where there is no notebook to restore into', async () => {
    await shown();
    expect(host.textContent).not.toContain('Restore');
  });

  it('teaches how a second version comes about', async () => {
    const api = new MemoryComparisonApi();
    api.stepsAnswer = Promise.resolve({
      schema: 'nbmlops.steps/1',
      notebook: 'flights.ipynb',
      recorded: false,
      steps: []
    });
    await shown(api);
    expect(host.textContent).toContain('%mlops track NAME');
    expect(host.querySelector('select')).toBeNull();
  });
});
