import { describe, expect, it } from 'vitest';

import { ApiError } from '../../src/api/client';
import type { StepHistory, VersionRow } from '../../src/contract/wire';
import { VersionComparison } from '../../src/model/versionComparison';
import { KernelError } from '../../src/model/notebook';
import { MemoryComparisonApi } from '../comparisonFixtures';
import { MemoryNotebook, row } from '../fixtures';

const NOTEBOOK = 'flights.ipynb';

function comparing(
  api = new MemoryComparisonApi(),
  notebook = new MemoryNotebook(NOTEBOOK)
): VersionComparison {
  return new VersionComparison(api, NOTEBOOK, () => Promise.resolve(notebook));
}

/** What the server tells, with another execution of `train@2`. */
function steps(change: Partial<VersionRow> = {}): StepHistory[] {
  return [
    { name: 'train', versions: [row('train', 2, change), row('train', 1)] }
  ];
}

describe('a comparison of versions', () => {
  it('takes the last two of the first step that has two, and their figures', async () => {
    const api = new MemoryComparisonApi();
    const comparison = comparing(api);
    await comparison.show();
    expect(comparison.state.choice).toEqual({
      step: 'train',
      before: 1,
      after: 2
    });
    expect(comparison.state.answer?.contents?.frames).toHaveLength(1);
    expect(api.asked.slice(1)).toEqual(['diff train 1 2', 'figure 2']);
    expect(comparison.state.figures['figure 2']).toHaveProperty('after');
  });

  it('takes what there is where something else is wanted', async () => {
    const comparison = comparing();
    await comparison.show({ step: 'load', before: 1, after: 9 });
    expect(comparison.state.choice).toEqual({
      step: 'train',
      before: 1,
      after: 2
    });
    await comparison.show({ step: 'train', before: 2, after: 1 });
    expect(comparison.state.answer?.diff.after).toBe('train@1');
  });

  it('has nothing to compare where no step has two versions', async () => {
    const api = new MemoryComparisonApi();
    api.stepsAnswer = Promise.resolve({
      schema: 'nbmlops.steps/1',
      notebook: NOTEBOOK,
      recorded: true,
      steps: [{ name: 'load', versions: [row('load', 1)] }]
    });
    const comparison = comparing(api);
    await comparison.show();
    expect(comparison.state.choice).toBeNull();
    expect(api.asked).toEqual([`steps ${NOTEBOOK}`]);
    comparison.noteSteps(steps());
    await Promise.resolve();
    expect(comparison.state.choice?.step).toBe('train');
  });

  it('asks nothing of a version and itself, and swaps both sides', async () => {
    const api = new MemoryComparisonApi();
    const comparison = comparing(api);
    await comparison.show();
    api.asked = [];
    await comparison.choose({ after: 1 });
    expect([api.asked, comparison.state.answer]).toEqual([[], null]);
    await comparison.choose({ after: 2 });
    await comparison.swap();
    expect(comparison.state.choice).toEqual({
      step: 'train',
      before: 2,
      after: 1
    });
  });

  it('drops an answer that comes after another choice', async () => {
    const api = new MemoryComparisonApi();
    const comparison = comparing(api);
    await comparison.show();
    const late = comparison.choose({ before: 2, after: 1 });
    const last = comparison.choose({ before: 1, after: 2 });
    await Promise.all([late, last]);
    expect(comparison.state.answer?.diff.before).toBe('train@1');
  });

  it('says when one of both has run again, until it is refreshed', async () => {
    const comparison = comparing();
    await comparison.show();
    comparison.noteSteps(steps());
    expect(comparison.state.outdated).toBe(false);
    comparison.noteSteps(steps({ executions: 3 }));
    expect(comparison.state.outdated).toBe(true);
    await comparison.refresh();
    expect(comparison.state.outdated).toBe(false);
  });

  it('says why it knows nothing, and forgets that once it does', async () => {
    const api = new MemoryComparisonApi();
    api.refusal = new ApiError('The store is damaged.', 'Run fsck.', 500);
    const comparison = comparing(api);
    await comparison.show();
    expect(comparison.state.problem?.cure).toBe('Run fsck.');
    api.refusal = null;
    await comparison.refresh();
    expect(comparison.state.problem).toBeNull();
    expect(comparison.state.answer).not.toBeNull();
  });

  it('shows the rest where a figure cannot be read', async () => {
    const api = new MemoryComparisonApi();
    api.figureAnswer = Promise.reject(new ApiError('Gone.', null, 404));
    const comparison = comparing(api);
    await comparison.show();
    expect(comparison.state.figures['figure 2']).toMatchObject({
      message: 'Gone.',
      cure: null
    });
    expect(comparison.state.problem).toBeNull();
  });

  it('restores source, values, or both', async () => {
    const notebook = new MemoryNotebook(NOTEBOOK);
    const comparison = comparing(new MemoryComparisonApi(), notebook);
    await comparison.show();
    await comparison.restore(1, 'source');
    expect(notebook.inserted).toEqual(['source of train@1']);
    expect(comparison.state.restored).toEqual({
      kind: 'source',
      reference: 'train@1'
    });
    await comparison.restore(1, 'values');
    await comparison.restore(2, 'both');
    expect(notebook.lines).toEqual([
      '%mlops restore train@1 --values --no-source',
      '%mlops restore train@2 --values'
    ]);
    expect(comparison.state.restored?.kind).toBe('values');
  });

  it('says why a version could not be restored, and restores one at a time', async () => {
    const notebook = new MemoryNotebook(NOTEBOOK);
    notebook.answer = Promise.reject(
      new KernelError('The notebook has no kernel.', 'Start one.')
    );
    const comparison = comparing(new MemoryComparisonApi(), notebook);
    await comparison.show();
    await Promise.all([
      comparison.restore(1, 'values'),
      comparison.restore(2, 'both')
    ]);
    expect(notebook.lines).toHaveLength(1);
    expect(comparison.state.failed?.cure).toBe('Start one.');
    expect(comparison.state.busy).toBe(false);
  });
});
