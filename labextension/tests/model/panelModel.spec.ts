import { describe, expect, it, vi } from 'vitest';

import { NotebookFacts } from '../../src/model/facts';
import { KernelError } from '../../src/model/notebook';
import { PanelModel } from '../../src/model/panelModel';
import { MemoryApi, MemoryNotebook } from '../fixtures';

async function following(
  api = new MemoryApi(),
  notebook = new MemoryNotebook('flights.ipynb')
): Promise<PanelModel> {
  const model = new PanelModel(api);
  const facts = new NotebookFacts(api, notebook);
  model.follow(facts);
  await facts.refresh();
  return model;
}

describe('the panel model', () => {
  it('shows the steps in notebook order', async () => {
    const { state } = await following();
    expect(state.steps?.map(step => step.name)).toEqual(['load', 'train']);
    expect(state.loading).toBe(false);
  });

  it('reads the difference once two versions are chosen', async () => {
    const api = new MemoryApi();
    const model = await following(api);
    await model.select('train', 2);
    expect(model.state.diff).toBeNull();
    await model.select('train', 1);
    expect(api.asked).toContain('diff train 1 2');
    expect(model.state.diff?.after).toBe('train@2');
  });

  it('keeps selection and difference when a cell has run', async () => {
    const model = await following();
    await model.select('train', 2);
    await model.select('train', 1);
    await model.refresh();
    expect(model.state.diff?.before).toBe('train@1');
  });

  it('inserts the source of a restored version', async () => {
    const notebook = new MemoryNotebook('flights.ipynb');
    const model = await following(new MemoryApi(), notebook);
    await model.restore('train', 1);
    expect(notebook.inserted).toEqual(['source of train@1']);
    expect(model.state.restored).toEqual({
      kind: 'source',
      reference: 'train@1'
    });
  });

  it('asks the kernel for the values of a version, and shows its answer', async () => {
    const notebook = new MemoryNotebook('flights.ipynb');
    const model = await following(new MemoryApi(), notebook);
    const done = model.restoreValues('train', 1);
    expect(model.state.restored?.kind).toBe('waiting');
    await done;
    expect(notebook.lines).toEqual([
      '%mlops restore train@1 --values --no-source'
    ]);
    const answer = 'Restored model of train@1.';
    expect(model.state.restored).toEqual({ kind: 'values', answer });
    await vi.waitFor(() => expect(model.state.loading).toBe(false));
    expect(model.state.restored?.kind).toBe('values'); // it is not lost by the reading
  });

  it('says why a kernel puts no values back', async () => {
    const notebook = new MemoryNotebook('flights.ipynb');
    const model = await following(new MemoryApi(), notebook);
    notebook.answer = Promise.reject(
      new KernelError('The notebook has no kernel.', 'Start one.')
    );
    await model.restoreValues('train', 1);
    expect(model.state.problem).toMatchObject({
      message: 'The notebook has no kernel.',
      cure: 'Start one.'
    });
    expect(model.state.restored).toBeNull();
  });

  it('drops the answer of a kernel whose notebook is no longer followed', async () => {
    const notebook = new MemoryNotebook('flights.ipynb');
    const model = await following(new MemoryApi(), notebook);
    const done = model.restoreValues('train', 1);
    model.follow(
      new NotebookFacts(new MemoryApi(), new MemoryNotebook('new.ipynb'))
    );
    await done;
    expect(model.state.restored).toBeNull();
  });

  it('says that a read-only notebook takes no cell', async () => {
    const notebook = new MemoryNotebook('flights.ipynb', true);
    const model = await following(new MemoryApi(), notebook);
    await model.restore('train', 1);
    expect(String(model.state.problem?.message)).toBe(
      'The notebook is read-only.'
    );
    expect(model.state.restored).toBeNull();
  });

  it('keeps its answer when the server tells of it, and drops it as work goes on', async () => {
    const model = await following();
    await model.restore('train', 1);
    expect(model.state.restored?.kind).toBe('source');
    model.dismiss();
    expect(model.state.restored).toBeNull();
  });

  it('is empty where no notebook is open', async () => {
    const model = await following();
    model.follow(null);
    expect(model.state.notebook).toBeNull();
    expect(model.state.steps).toBeNull();
  });
});
