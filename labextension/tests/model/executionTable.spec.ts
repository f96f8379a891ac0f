import { describe, expect, it } from 'vitest';

import { ApiError } from '../../src/api/client';
import type { ExecutionsApi, ExecutionsQuestion } from '../../src/api/client';
import type { ExecutionRow, ExecutionsResponse } from '../../src/contract/wire';
import { ExecutionTable } from '../../src/model/executionTable';
import { PAGE } from '../../src/model/pagedTable';
import { compared, differences } from '../../src/model/executionPair';
import { plotOf } from '../../src/model/metricPlot';

function execution(
  id: number,
  change: Partial<ExecutionRow> = {}
): ExecutionRow {
  return {
    id,
    reference: `train@${1 + (id % 3)}`,
    notebook: 'flights.ipynb',
    author: 'ada',
    status: 'ok',
    started_at: '2026-03-01T11:57:00Z',
    duration: 2,
    parameters: {},
    metrics: { auc: id / 1000 },
    run: null,
    ...change
  };
}

/** A project with executions, the newest first; `after` is the number of the last one. */
class MemoryExecutions implements ExecutionsApi {
  constructor(readonly count: number) {}

  readonly asked: ExecutionsQuestion[] = [];
  failure: ApiError | null = null;

  executions(question: ExecutionsQuestion): Promise<ExecutionsResponse> {
    this.asked.push(question);
    if (this.failure) {
      return Promise.reject(this.failure);
    }
    const { after, skip = 0, limit = 100, upto } = question;
    const start = (after ? this.count - Number(after) + 1 : 0) + skip;
    const rows = Array.from(
      { length: Math.max(0, Math.min(limit, this.count - start)) },
      (_, at) => execution(this.count - start - at)
    );
    return Promise.resolve({
      schema: 'nbmlops.executions/1',
      recorded: this.count > 0,
      rows,
      total: upto === undefined ? this.count : null,
      newest: this.count,
      after: rows.length === limit ? String(rows[limit - 1]?.id) : null,
      metrics: upto === undefined ? ['auc'] : null
    });
  }

  diff: ExecutionsApi['diff'] = (_, step, before, after) =>
    Promise.reject(new ApiError(`${step} ${before} ${after}`, null, 404));
}

async function settled(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve));
}

async function tableOf(
  count: number
): Promise<{ api: MemoryExecutions; table: ExecutionTable }> {
  const api = new MemoryExecutions(count);
  const table = new ExecutionTable(api, { at: 'flights.ipynb' });
  await table.refresh();
  return { api, table };
}

describe('a table of executions', () => {
  it('asks for the pages in sight alone, by the nearest place that it knows', async () => {
    const { api, table } = await tableOf(100_000);
    expect(table.state.total).toBe(100_000);
    table.want(50_000, 50_040);
    table.want(50_000, 50_040);
    await settled();
    expect(table.row(50_000)?.id).toBe(50_000);
    expect(table.row(49_000)).toBeUndefined();
    expect(api.asked).toHaveLength(2);
    expect(api.asked[1]).toMatchObject({
      upto: 100_000,
      after: String(100_000 - PAGE + 1),
      skip: 50_000 - PAGE
    });
    table.want(50_090, 50_130);
    await settled();
    expect(api.asked[2]).toMatchObject({ skip: 0 });
    expect(table.row(50_120)?.id).toBe(49_880);
  });

  it('asks nothing beyond the end', async () => {
    const { api, table } = await tableOf(150);
    table.want(0, 400);
    await settled();
    expect(api.asked).toHaveLength(2);
    expect(table.row(149)?.id).toBe(1);
    expect(table.row(150)).toBeUndefined();
  });

  it('keeps a bounded number of pages', async () => {
    const { table } = await tableOf(100_000);
    for (let page = 0; page < 200; page++) {
      table.want(page * PAGE, page * PAGE + 30);
      await settled();
    }
    expect(table.row(0)).toBeUndefined();
    expect(table.row(199 * PAGE)).toBeDefined();
  });

  it('sorts the other way round when asked for the same column again', async () => {
    const { api, table } = await tableOf(10);
    table.sortBy('metric', 'auc');
    table.sortBy('metric', 'auc');
    table.sortBy('duration');
    await settled();
    const [, first, second, third] = api.asked;
    expect(first).toMatchObject({ sort: 'metric', metric: 'auc' });
    expect(first?.descending).toBe(true);
    expect(second?.descending).toBe(false);
    expect(third?.metric).toBeUndefined();
  });

  it('drops the answer to a question that is no longer asked', async () => {
    const { api, table } = await tableOf(10);
    const late = table.choose({ text: 'train' });
    api.failure = new ApiError('Locked.', 'Wait.', 503);
    await table.choose({ text: 'load' });
    await late;
    expect(table.state.problem).toMatchObject({
      message: 'Locked.',
      cure: 'Wait.'
    });
    expect(table.row(0)).toBeUndefined();
  });

  it('compares two, of which the third takes the place of the first', async () => {
    const { table } = await tableOf(10);
    [3, 1, 2].forEach(id => table.toggle(execution(id)));
    expect(table.state.selected.map(row => row.id)).toEqual([1, 2]);
    await table.compare();
    expect(table.state.comparison?.pair.map(row => row.id)).toEqual([1, 2]);
    expect(table.state.problem?.message).toBe('train 2 3');
    table.toggle(execution(2));
    expect(table.state.comparison).toBeNull();
  });

  it('plots the newest executions, oldest first', async () => {
    const { table } = await tableOf(3);
    await table.showMetric('auc');
    expect(table.state.plot?.rows.map(row => row.id)).toEqual([1, 2, 3]);
    await table.showMetric(null);
    expect(table.state.plot).toBeNull();
  });

  it('says that something was recorded since, of its own notebooks alone', async () => {
    const { table } = await tableOf(3);
    table.noteRecorded('other.ipynb', 4);
    table.noteRecorded('flights.ipynb', 3);
    expect(table.state.outdated).toBe(false);
    table.noteRecorded('flights.ipynb', 4);
    expect(table.state.outdated).toBe(true);
    await table.refresh();
    expect(table.state.outdated).toBe(false);
  });
});

describe('two executions', () => {
  it('are of two versions only in one step of one notebook', () => {
    const [one, two] = [execution(1), execution(2)];
    expect(compared([two, one])?.versions).toEqual({
      notebook: 'flights.ipynb',
      step: 'train',
      before: 2,
      after: 3
    });
    expect(compared([one, execution(4)])?.versions).toBeNull();
    expect(compared([one, { ...two, notebook: 'b' }])?.versions).toBeNull();
    expect(compared([one])).toBeNull();
  });

  it('differ in what the table tells of them', () => {
    const changes = differences(
      execution(1, { metrics: { auc: 0.5 }, parameters: { depth: 4 } }),
      execution(2, { metrics: { auc: 'NaN' }, parameters: {} })
    );
    expect(changes).toEqual([
      { name: 'auc', before: '0.5', after: 'NaN' },
      { name: 'depth', before: '4', after: null }
    ]);
  });
});

describe('a plot', () => {
  it('leaves out what is not finite, and counts it', () => {
    const rows = [0, 'NaN', 10].map((auc, at) =>
      execution(at, { metrics: { auc: auc as number } })
    );
    const { points, lowest, highest, left } = plotOf('auc', rows, 100, 50);
    expect(points.map(({ x, y }) => [x, y])).toEqual([
      [0, 50],
      [100, 0]
    ]);
    expect([lowest, highest, left]).toEqual([0, 10, 1]);
  });

  it('has a single value, and equal ones, in the middle', () => {
    expect(plotOf('auc', [execution(1)], 100, 50).points[0]).toMatchObject({
      x: 50,
      y: 25
    });
  });
});
