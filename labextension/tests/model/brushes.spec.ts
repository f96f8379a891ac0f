import { beforeEach, describe, expect, it } from 'vitest';

import type { ProjectRunsApi } from '../../src/api/client';
import type { Run } from '../../src/contract/wire';
import {
  brushed,
  inOrder,
  rangeBetween,
  within
} from '../../src/model/brushes';
import { parallelOf, placeOf } from '../../src/model/parallel';
import { RunTable } from '../../src/model/runTable';

function run(id: number, depth: unknown, auc: number): Run {
  return {
    id,
    pipeline: id % 2 ? 'flights' : 'buses',
    number: id,
    parameters: depth === null ? {} : { depth },
    metrics: { auc },
    outputs: {},
    status: 'succeeded',
    author: 'ada',
    started_at: `2026-03-01T11:0${id}:00Z`,
    ended_at: id === 4 ? null : '2026-03-01T11:58:00Z'
  } as unknown as Run;
}

const RUNS = [
  run(4, null, 0.6),
  run(3, 4, 0.7),
  run(2, 6, 0.5),
  run(1, 2, 0.9)
];
const NUMBERS = parallelOf(RUNS, ['depth'], 'auc');
const KINDS = parallelOf(
  [run(1, 'a', 0.1), run(2, 'b', 0.2), run(3, 'c', 0.3)],
  ['depth'],
  'auc'
);

function names(brushes: Parameters<typeof within>[1]): string[] {
  return within(NUMBERS, brushes).map(line => line.name);
}

describe('ranges of the axes', () => {
  it('hold the lines that lie in all of them, with both ends', () => {
    expect(names({ depth: { from: 4, to: 6 } })).toEqual([
      'buses#2',
      'flights#3'
    ]);
    const both = {
      depth: { from: 4, to: 6 },
      auc: { from: 0.6, to: Infinity }
    };
    expect(names(both)).toEqual(['flights#3']);
    expect(names({ loss: { from: 1, to: 2 } })).toHaveLength(4);
  });

  it('hold no line that has no value there', () => {
    const any = { depth: { from: -Infinity, to: 100 } };
    expect(names(any)).not.toContain('buses#4');
  });

  it('are what lies between two places of an axis, whichever was first', () => {
    const [depth] = NUMBERS.axes;
    const [kind] = KINDS.axes;
    expect(depth && rangeBetween(depth, 1, 0.5)).toEqual({ from: 4, to: 6 });
    expect(depth && rangeBetween(depth, 0.1234, 0.1235)).toEqual({
      from: 2.5,
      to: 2.5
    });
    expect(kind && rangeBetween(kind, 0.4, 1)).toEqual({ from: 1, to: 2 });
    expect(kind && rangeBetween(kind, 0.68, 0.82)).toBeNull();
    expect(kind && rangeBetween(kind, 0.1, 0.4)).toEqual({ from: 0, to: 1 });
    expect(kind && placeOf(1, kind)).toBe(0.5);
  });

  it('are gone where they are open at both ends', () => {
    const before = { auc: { from: 0, to: 1 } };
    const range = { from: 2, to: Infinity };
    expect(brushed(before, 'depth', range)).toEqual({
      ...before,
      depth: range
    });
    const open = { from: -Infinity, to: Infinity };
    expect(brushed({ ...before, depth: range }, 'depth', open)).toEqual(before);
    expect(brushed(before, 'auc', null)).toEqual({});
  });
});

describe('runs in the order of the list', () => {
  it.each([
    [{}, [4, 3, 2, 1]],
    [{ sort: 'started', descending: false }, [1, 2, 3, 4]],
    [{ sort: 'pipeline', descending: false }, [4, 2, 3, 1]],
    [{ sort: 'metric', metric: 'auc', descending: true }, [1, 3, 4, 2]],
    [{ sort: 'metric', metric: 'loss', descending: true }, [4, 3, 2, 1]],
    [{ sort: 'duration', descending: false }, [3, 2, 1, 4]]
  ])('%j', (sorting, ids) => {
    expect(inOrder([...RUNS].reverse(), sorting).map(one => one.id)).toEqual(
      ids
    );
  });
});

describe('a table of runs whose plot is narrowed', () => {
  let table: RunTable;
  let asked: number;

  beforeEach(async () => {
    asked = 0;
    const api = {
      pipelineRuns: () => {
        asked += 1;
        return Promise.resolve({
          schema: 'nbmlops.pipeline_runs/1',
          recorded: true,
          rows: RUNS,
          total: 900,
          newest: 4,
          after: null,
          parameters: ['depth'],
          metrics: ['auc'],
          outputs: []
        });
      }
    } as unknown as ProjectRunsApi;
    table = new RunTable(api, { at: '' });
    await table.refresh();
    await table.showMetric('auc');
  });

  const listed = (): Array<number | undefined> =>
    Array.from({ length: table.count ?? 0 }, (_, at) => table.row(at)?.id);

  it('lists what lies in the ranges, sorted as before, and all again', async () => {
    expect(table.count).toBe(900);
    table.brush('depth', { from: 2, to: 4 });
    expect(listed()).toEqual([3, 1]);
    table.sortBy('started');
    table.sortBy('started');
    await Promise.resolve();
    expect(listed()).toEqual([1, 3]);
    table.clearBrushes();
    expect(table.narrowed).toBeNull();
    expect(table.row(0)?.id).toBe(4);
  });

  it('asks the server for no page while it is narrowed', () => {
    table.brush('auc', { from: 0.6, to: 1 });
    const before = asked;
    table.want(0, 900);
    expect(asked).toBe(before);
    table.brush('auc', null);
    table.want(0, 900);
    expect(asked).toBeGreaterThan(before);
  });

  it('is whole again where nothing is plotted, or another metric', async () => {
    table.brush('depth', { from: 9, to: 10 });
    expect(table.count).toBe(0);
    await table.showMetric(null);
    expect(table.count).toBe(900);
    await table.showMetric('auc');
    expect(table.count).toBe(900);
  });
});
