import * as React from 'react';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import type { Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ProjectRunsApi } from '../../src/api/client';
import { ParallelPlot } from '../../src/components/ParallelPlot';
import type { Run } from '../../src/contract/wire';
import { RunTable } from '../../src/model/runTable';

const RUNS = [
  [2, 'a', 0.9],
  [4, 'b', 0.7],
  [6, 'b', 0.5]
].map(
  ([depth, kind, auc], at) =>
    ({
      id: at + 1,
      pipeline: 'flights',
      number: at + 1,
      parameters: { depth, kind },
      metrics: { auc }
    }) as unknown as Run
);

let host: HTMLElement;
let root: Root;
let table: RunTable;

beforeEach(async () => {
  const answer = {
    recorded: true,
    rows: RUNS,
    total: 3,
    newest: 3,
    after: null,
    parameters: ['depth', 'kind'],
    metrics: ['auc'],
    outputs: []
  };
  const api = { pipelineRuns: () => Promise.resolve(answer) };
  table = new RunTable(api as unknown as ProjectRunsApi, { at: '' });
  await table.refresh();
  await table.showMetric('auc');
  host = document.body.appendChild(document.createElement('div'));
  root = createRoot(host);
  const draw = (): void =>
    act(() => root.render(<ParallelPlot table={table} metric="auc" />));
  table.changed.connect(draw);
  draw();
});

afterEach(() => {
  act(() => root.unmount());
  host.remove();
});

function lines(): Array<string | null> {
  return [...host.querySelectorAll('[role=option]')].map(one =>
    one.getAttribute('aria-label')
  );
}

function fields(axis: string): Array<HTMLInputElement | HTMLSelectElement> {
  const set = [...host.querySelectorAll('fieldset')].find(
    one => one.querySelector('legend')?.textContent === axis
  );
  return [...(set?.querySelectorAll<HTMLInputElement>('input, select') ?? [])];
}

function fill(field: Element | undefined, text: string): void {
  const kind =
    field instanceof HTMLSelectElement ? HTMLSelectElement : HTMLInputElement;
  const value = Object.getOwnPropertyDescriptor(kind.prototype, 'value');
  act(() => {
    value?.set?.call(field, text);
    field?.dispatchEvent(new Event('input', { bubbles: true }));
    field?.dispatchEvent(new Event('change', { bubbles: true }));
  });
}

describe('parameters against a metric, narrowed by the fields', () => {
  it('shows the lines that lie from one number to another, and says how many', () => {
    fill(fields('depth')[0], '3');
    expect(lines()).toHaveLength(2);
    fill(fields('depth')[1], '5');
    expect(lines()).toEqual(['flights#2: depth 4, kind b, auc 0.7']);
    expect(host.querySelector('[role=status]')?.textContent?.trim()).toBe(
      '· 1 run lies in them'
    );
    expect(host.querySelectorAll('rect.nbm-mod-range')).toHaveLength(1);
    fill(fields('depth')[0], '');
    fill(fields('depth')[1], '');
    expect(lines()).toHaveLength(3);
  });

  it('chooses among names, and clears all at once', () => {
    const clear = host.querySelector<HTMLButtonElement>('.nbm-Ranges button');
    expect(clear?.disabled).toBe(true);
    const [from, to] = fields('kind');
    fill(from, '0');
    fill(to, '0');
    expect(lines()).toEqual(['flights#1: depth 2, kind a, auc 0.9']);
    fill(fields('auc')[1], '0.6');
    expect(lines()).toEqual([]);
    expect(host.querySelector('[role=listbox]')).toBeNull();
    act(() => clear?.click());
    expect(lines()).toHaveLength(3);
    expect(fields('auc')[1]?.value).toBe('');
  });
});
