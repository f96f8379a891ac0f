import { describe, expect, it } from 'vitest';

import { ApiError } from '../../src/api/client';
import type { NotebookRow, NotebooksResponse } from '../../src/contract/wire';
import { ProjectNotebooks } from '../../src/model/projectNotebooks';

function row(notebook: string): NotebookRow {
  return { notebook, exists: true, steps: 1, pipelines: 0 };
}

/** A server whose project has these notebooks, and which counts how often it is asked. */
class Server {
  asked = 0;

  constructor(public names: readonly string[]) {}

  notebooks(): Promise<NotebooksResponse> {
    this.asked += 1;
    return Promise.resolve({
      schema: 'nbmlops.notebooks/1',
      recorded: true,
      project: 'here',
      notebooks: this.names.map(row)
    });
  }
}

async function settled(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve));
}

describe('the notebooks of a project', () => {
  it('are read again when something is recorded of one that is not known', async () => {
    const server = new Server(['a.ipynb']);
    const notebooks = new ProjectNotebooks(server);
    await notebooks.refresh();
    notebooks.noteRecorded('a.ipynb');
    await settled();
    expect(server.asked).toBe(1);
    server.names = ['a.ipynb', 'b.ipynb'];
    notebooks.noteRecorded('b.ipynb');
    await settled();
    expect(notebooks.state.rows?.map(one => one.notebook)).toEqual(
      server.names
    );
  });

  it('are read again when a pipeline of their project is built', async () => {
    const server = new Server([]);
    const notebooks = new ProjectNotebooks(server);
    await notebooks.refresh();
    const changed = { pipelines: true, schedules: false, datasets: false };
    notebooks.noteChanged({ ...changed, project: 'elsewhere' });
    notebooks.noteChanged({ ...changed, project: 'here', pipelines: false });
    await settled();
    expect(server.asked).toBe(1);
    notebooks.noteChanged({ ...changed, project: 'here' });
    await settled();
    expect(server.asked).toBe(2);
  });

  it('that are asked for while they are read are read once more', async () => {
    const server = new Server(['a.ipynb']);
    const notebooks = new ProjectNotebooks(server);
    await Promise.all([1, 2, 3].map(() => notebooks.refresh()));
    expect(server.asked).toBe(2);
  });

  it('stay to be seen when the server refuses, with the reason', async () => {
    const server = new Server(['a.ipynb']);
    const notebooks = new ProjectNotebooks(server);
    await notebooks.refresh();
    server.notebooks = () =>
      Promise.reject(new ApiError('It is locked.', 'Wait.', 503));
    await notebooks.refresh();
    expect(notebooks.state.rows).toHaveLength(1);
    expect(notebooks.state.problem?.message).toBe('It is locked.');
  });
});
