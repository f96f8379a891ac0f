import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type {
  ChangedEvent,
  NotebookRow,
  NotebooksResponse
} from '../contract/wire';
import { problemOf } from './problem';
import type { Problem } from './problem';

/** What a list of notebooks asks the server for. Every method rejects with an `ApiError`. */
export interface NotebooksApi {
  notebooks(notebook: string): Promise<NotebooksResponse>;
}

/** `rows` is `null` until they were read once; `project` is what events call it. */
export interface ProjectNotebooksState {
  readonly rows: readonly NotebookRow[] | null;
  readonly project: string | null;
  readonly problem: Problem | null;
}

/** A notebook in the server's root: it need not be there, but its project is the one that is. */
export const ANY_NOTEBOOK = '_.ipynb';

/**
 * The notebooks of the project that a server serves; knows neither the DOM nor JupyterLab.
 */
export class ProjectNotebooks {
  constructor(private readonly api: NotebooksApi) {}

  /** Emitted after each change of `state`. */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  get state(): ProjectNotebooksState {
    return this.current;
  }

  /** Read them again; calls that come while one is under way end together in one more. */
  async refresh(): Promise<void> {
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    do {
      this.again = false;
      await this.read();
    } while (this.again);
    this.reading = false;
  }

  /** Something was recorded of a notebook: it may be new. */
  noteRecorded(notebook: string): void {
    if (!this.current.rows?.some(row => row.notebook === notebook)) {
      void this.refresh();
    }
  }

  /** Something of a project has changed: a pipeline may be built. */
  noteChanged(event: ChangedEvent): void {
    if (event.pipelines && event.project === this.current.project) {
      void this.refresh();
    }
  }

  private async read(): Promise<void> {
    try {
      const found = await this.api.notebooks(ANY_NOTEBOOK);
      const { notebooks: rows, project } = found;
      this.current = { rows, project, problem: null };
    } catch (error) {
      this.current = { ...this.current, problem: problemOf(error) };
    }
    this.changes.emit();
  }

  private readonly changes = new Signal<this, void>(this);
  private current: ProjectNotebooksState = {
    rows: null,
    project: null,
    problem: null
  };
  private reading = false;
  private again = false;
}
