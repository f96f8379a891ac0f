import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { ApiError } from '../api/client';
import type { MlopsApi } from '../api/client';
import type {
  Run,
  RunEvent,
  Standing,
  StepHistory,
  ValueRecord,
  VersionDiff
} from '../contract/wire';
import { inNotebookOrder } from './notebook';
import type { OpenNotebook } from './notebook';
import { reference, withEvent } from './progress';
import type { Progress } from './progress';
import { comparison, toggled } from './selection';
import type { Selection } from './selection';

/**
 * Something that went wrong, in one sentence, and what to do about it.
 */
export interface Problem {
  readonly message: string;
  readonly cure: string | null;
}

/**
 * What the panel shows. `steps`, `standings` and `runs` are `null` until they were read once;
 * `unknown` says why the standings could not be read; `progress` is of the runs that go on;
 * `values` are those that were looked at, by the reference of their version.
 */
export interface PanelState {
  readonly notebook: string | null;
  readonly loading: boolean;
  readonly steps: readonly StepHistory[] | null;
  readonly standings: readonly Standing[] | null;
  readonly unknown: string | null;
  readonly runs: readonly Run[] | null;
  readonly progress: Progress;
  readonly selection: Selection | null;
  readonly diff: VersionDiff | null;
  readonly values: Readonly<Record<string, readonly ValueRecord[]>>;
  readonly restored: string | null;
  readonly problem: Problem | null;
}

/** How long the server may say nothing of a run that goes on, in milliseconds. */
const SILENCE = 30_000;

const EMPTY: PanelState = {
  notebook: null,
  loading: false,
  steps: null,
  standings: null,
  unknown: null,
  runs: null,
  progress: {},
  selection: null,
  diff: null,
  values: {},
  restored: null,
  problem: null
};

/**
 * The state of the panel and what can be done to it; knows neither the DOM nor JupyterLab.
 *
 * Responsibilities: follows one open notebook, reads its steps and runs, keeps what is selected
 * and what is told of running runs, and turns every failure into a problem that can be shown. Answers that arrive after the
 * notebook was switched are dropped.
 */
export class PanelModel {
  constructor(private readonly api: MlopsApi) {}

  /** Emitted after each change of `state`. */
  get stateChanged(): ISignal<this, void> {
    return this.changed;
  }

  get state(): PanelState {
    return this.current;
  }

  /** Follow another notebook, or none. */
  async follow(notebook: OpenNotebook | null): Promise<void> {
    this.notebook = notebook;
    this.current = { ...EMPTY, notebook: notebook?.path ?? null };
    await this.refresh();
  }

  /** Read steps and runs again; calls that come while one is under way end in one more. */
  async refresh(): Promise<void> {
    this.wanted = true;
    if (this.reading) {
      return;
    }
    this.reading = true;
    while (this.wanted) {
      this.wanted = false;
      await this.read();
    }
    this.reading = false;
  }

  /**
   * Take what the server tells of a run. Events of other notebooks are none of ours; what began
   * or ended is read again.
   */
  noteRun(event: RunEvent): void {
    if (event.notebook !== this.state.notebook) {
      return;
    }
    const known = this.state.runs?.find(run => reference(run) === event.run);
    this.update({ progress: withEvent(this.state.progress, event) });
    this.expectMore();
    if (known?.status !== event.state) {
      void this.refresh();
    }
  }

  /** Choose a version or give it up; with two chosen, their difference is read. */
  async select(step: string, number: number): Promise<void> {
    const selection = toggled(this.state.selection, step, number);
    this.update({ selection, diff: null, problem: null });
    await this.compare();
  }

  /** Give up all chosen versions. */
  clearSelection(): void {
    this.update({ selection: null, diff: null });
  }

  /** Read what a version made: its values as they were recorded, none of them loaded. */
  async look(step: string, number: number): Promise<void> {
    const notebook = this.notebook;
    if (!notebook) {
      return;
    }
    await this.guarded(async () => {
      const found = await this.api.values(notebook.path, step, number);
      if (this.notebook === notebook) {
        const values = { ...this.state.values };
        values[found.reference] = found.values;
        this.update({ values });
      }
    });
  }

  /** Insert the source of a version as a new cell below the step's cell. */
  async restore(step: string, number: number): Promise<void> {
    const notebook = this.notebook;
    if (!notebook) {
      return;
    }
    await this.guarded(async () => {
      const version = await this.api.version(notebook.path, step, number);
      if (!notebook.insertBelow(step, version.source)) {
        throw new ApiError(
          'The notebook is read-only.',
          'Save a copy of it and restore there.',
          null
        );
      }
      this.update({ restored: version.reference, problem: null });
    });
  }

  private async read(): Promise<void> {
    const notebook = this.notebook;
    if (!notebook) {
      this.update({});
      return;
    }
    this.update({ loading: true, restored: null });
    await Promise.all([
      this.readHistory(notebook),
      this.readFreshness(notebook)
    ]);
    if (this.notebook === notebook) {
      this.update({ loading: false });
    }
  }

  private async readHistory(notebook: OpenNotebook): Promise<void> {
    await this.guarded(async () => {
      const [steps, runs] = await Promise.all([
        this.api.steps(notebook.path),
        this.api.runs(notebook.path)
      ]);
      if (this.notebook === notebook) {
        const ordered = inNotebookOrder(steps.steps, notebook.stepNames());
        this.update({ steps: ordered, runs: runs.runs, problem: null });
        this.expectMore();
      }
    });
  }

  /** On its own, so that versions wait neither for the analysis of the cells nor for its end. */
  private async readFreshness(notebook: OpenNotebook): Promise<void> {
    const found = await this.api.freshness(notebook.path).then(
      answer => ({ standings: answer.steps, unknown: null }),
      (error: unknown) => ({
        standings: null,
        unknown: problemOf(error).message
      })
    );
    if (this.notebook === notebook) {
      this.update(found);
    }
  }

  /** Read again when the server, which tells of a running run every ten seconds, falls silent. */
  private expectMore(): void {
    clearTimeout(this.silence);
    this.silence = undefined;
    const goesOn = this.state.runs?.some(run => run.status === 'running');
    if (goesOn || Object.keys(this.state.progress).length > 0) {
      this.silence = setTimeout(() => {
        this.update({ progress: {} });
        void this.refresh();
      }, SILENCE);
    }
  }

  private async compare(): Promise<void> {
    const notebook = this.notebook;
    const selection = this.state.selection;
    const pair = comparison(selection);
    if (!notebook || !pair) {
      return;
    }
    await this.guarded(async () => {
      const { step, before, after } = pair;
      const answer = await this.api.diff(notebook.path, step, before, after);
      if (this.state.selection === selection) {
        this.update({ diff: answer.diff });
      }
    });
  }

  /** Run a request for the followed notebook and show its failure, if it still is followed. */
  private async guarded(request: () => Promise<void>): Promise<void> {
    const notebook = this.notebook;
    try {
      await request();
    } catch (error) {
      if (this.notebook === notebook) {
        this.update({ problem: problemOf(error) });
      }
    }
  }

  private update(change: Partial<PanelState>): void {
    this.current = { ...this.current, ...change };
    this.changed.emit();
  }

  private readonly changed = new Signal<this, void>(this);
  private current: PanelState = EMPTY;
  private notebook: OpenNotebook | null = null;
  private reading = false;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private wanted = false;
}

function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) {
    return { message: error.message, cure: error.cure };
  }
  return { message: String(error), cure: null };
}
