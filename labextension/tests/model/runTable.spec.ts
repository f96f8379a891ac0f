import { describe, expect, it } from 'vitest';

import type { ProjectRunsApi, RunsQuestion } from '../../src/api/client';
import type { Run, RunDiff } from '../../src/contract/wire';
import { parallelOf } from '../../src/model/parallel';
import { RunTable } from '../../src/model/runTable';

function run(id: number, change: Partial<Run> = {}): Run {
  return {
    id,
    pipeline: 'flights',
    number: id,
    parameters: {},
    metrics: {},
    outputs: {},
    status: 'succeeded',
    started_at: '2026-03-01T11:57:00Z',
    ended_at: '2026-03-01T11:58:00Z',
    ...change
  } as Run;
}

/** A project with three runs. */
class MemoryRuns implements ProjectRunsApi {
  readonly asked: RunsQuestion[] = [];
  readonly compared: string[] = [];

  pipelineRuns(
    question: RunsQuestion
  ): ReturnType<ProjectRunsApi['pipelineRuns']> {
    this.asked.push(question);
    return Promise.resolve({
      schema: 'nbmlops.pipeline_runs/1',
      recorded: true,
      rows: [3, 2, 1].map(id => run(id, { metrics: { auc: id / 10 } })),
      total: question.upto === undefined ? 3 : null,
      newest: 3,
      after: null,
      parameters: question.upto === undefined ? ['month'] : null,
      metrics: question.upto === undefined ? ['auc'] : null,
      outputs: question.upto === undefined ? ['rows'] : null
    });
  }

  runDiff(
    at: string,
    before: string,
    after: string
  ): ReturnType<ProjectRunsApi['runDiff']> {
    this.compared.push(`${at} ${before} ${after}`);
    const diff = { before, after } as RunDiff;
    return Promise.resolve({ schema: 'nbmlops.run_diff/1', diff });
  }
}

describe('a table of runs', () => {
  it('has the names of the newest runs, and compares the older run with the newer one', async () => {
    const api = new MemoryRuns();
    const table = new RunTable(api, { at: 'a/flights.ipynb' });
    await table.refresh();
    expect(table.state.parameters).toEqual(['month']);
    expect(table.state.outputs).toEqual(['rows']);
    for (const index of [0, 2]) {
      const chosen = table.row(index);
      if (chosen) {
        table.toggle(chosen);
      }
    }
    await table.compare();
    expect(api.compared).toEqual(['a/flights.ipynb flights#1 flights#3']);
    expect(table.state.comparison?.diff?.before).toBe('flights#1');
    table.closeComparison();
    expect(table.state.comparison).toBeNull();
  });

  it('sorts by name from the front, and plots with the oldest first', async () => {
    const api = new MemoryRuns();
    const table = new RunTable(api, { at: '' });
    await table.refresh();
    table.sortBy('pipeline');
    expect(api.asked[1]).toMatchObject({ sort: 'pipeline', descending: false });
    await table.showMetric('auc');
    expect(table.state.plot?.rows.map(one => one.id)).toEqual([1, 2, 3]);
  });

  it('says that there are newer ones where a run of its folder begins or ends', async () => {
    const table = new RunTable(new MemoryRuns(), { at: 'a/flights.ipynb' });
    table.noteRun('a/trains.ipynb');
    expect(table.state.outdated).toBe(false); // nothing is listed yet
    await table.refresh();
    table.noteRun('b/flights.ipynb');
    expect(table.state.outdated).toBe(false);
    table.noteRun('a/trains.ipynb');
    expect(table.state.outdated).toBe(true);
  });
});

describe('parameters against a metric', () => {
  const runs = [
    run(1, {
      parameters: { depth: 2, kind: 'a', seed: 1 },
      metrics: { auc: 0.9 }
    }),
    run(2, {
      parameters: { depth: 6, kind: 'b', seed: 1 },
      metrics: { auc: 0.5 }
    }),
    run(3, { parameters: { depth: 4, seed: 1 }, metrics: { auc: 0.7 } }),
    run(4, { parameters: { depth: 4 }, metrics: { auc: 'NaN' } })
  ];

  it('draws what differs, from the lowest to the highest value of the metric', () => {
    const { axes, lines, same } = parallelOf(
      runs,
      ['depth', 'kind', 'seed'],
      'auc'
    );
    expect(axes.map(axis => axis.name)).toEqual(['depth', 'kind', 'auc']);
    expect(same).toEqual(['seed']);
    expect(lines.map(line => line.name)).toEqual([
      'flights#2',
      'flights#3',
      'flights#1'
    ]);
    expect(lines.map(line => line.places)).toEqual([
      [1, 1, 0],
      [0.5, null, expect.closeTo(0.5)],
      [0, 0, 1]
    ]);
    expect(lines[1]?.values).toEqual(['4', '–', '0.7']);
    expect(axes[0]?.ticks.map(tick => tick.label)).toEqual(['2', '4', '6']);
  });

  it('gives the values that an axis has no place for one place', () => {
    const many = Array.from({ length: 20 }, (_, at) =>
      run(at, { parameters: { name: `n${10 + at}` }, metrics: { auc: at } })
    );
    const { axes, lines } = parallelOf(many, ['name'], 'auc');
    expect(axes[0]?.ticks.at(-1)?.label).toBe('…');
    expect(lines.filter(line => line.places[0] === 1)).toHaveLength(9);
  });

  it('has no lines where no run has the metric', () => {
    expect(parallelOf(runs, ['depth'], 'loss').lines).toEqual([]);
  });
});
