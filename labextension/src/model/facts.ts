import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { MlopsApi } from '../api/client';
import type {
  ChangedEvent,
  RecordedEvent,
  Run,
  RunEvent,
  Standing,
  StepHistory
} from '../contract/wire';
import { inNotebookOrder } from './notebook';
import type { OpenNotebook } from './notebook';
import { problemOf } from './problem';
import type { Problem } from './problem';
import { reference, withEvent } from './progress';
import type { Progress } from './progress';

/**
 * What is known of one open notebook. `steps`, `standings` and `runs` are `null` until they were
 * read once; `savedAt` is when the file was saved that the standings are of, and `edited` whether
 * the open notebook has edits that are not in it; `unknown` says why the standings could not be
 * read; `latest` is the newest execution that they know; `taken` are the steps whose results the
 * newest run took, with its reference; `unapproved` those that were changed since a version with
 * them was approved, with that version; `requested` those of which a reviewer requests changes,
 * with who and what; `progress` is of the runs that go on.
 */
export interface Facts {
  readonly loading: boolean;
  readonly steps: readonly StepHistory[] | null;
  readonly standings: readonly Standing[] | null;
  readonly savedAt: string | null;
  readonly edited: boolean;
  readonly unknown: string | null;
  readonly latest: number;
  readonly taken: Readonly<Record<string, string>>;
  readonly unapproved: Readonly<Record<string, string>>;
  readonly requested: Readonly<Record<string, string>>;
  readonly runs: readonly Run[] | null;
  readonly progress: Progress;
  readonly problem: Problem | null;
}

export const NO_FACTS: Facts = {
  loading: false,
  steps: null,
  standings: null,
  savedAt: null,
  edited: false,
  unknown: null,
  latest: 0,
  taken: {},
  unapproved: {},
  requested: {},
  runs: null,
  progress: {},
  problem: null
};

/** How long the server may say nothing of a run that goes on, in milliseconds. */
const SILENCE = 30_000;

/**
 * The one store of what is known of an open notebook, which everything that shows it shares.
 *
 * Responsibilities: reads steps, standings and runs, again when the server tells of something
 * newer, and turns a failure into a problem. Knows neither the DOM nor JupyterLab.
 */
export class NotebookFacts {
  constructor(
    private readonly api: MlopsApi,
    readonly notebook: OpenNotebook
  ) {}

  /** Emitted after each change of `known`. */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  /** Emitted a while after cells were edited, added, moved or deleted, or have run. */
  get cellsChanged(): ISignal<this, void> {
    return this.cellChanges;
  }

  /** Emitted when the server tells of a run of the notebook, or of changes of some project. */
  get told(): ISignal<this, RunEvent | ChangedEvent> {
    return this.tellings;
  }

  get known(): Facts {
    return this.current;
  }

  /** Read everything again; calls that come while one is under way end together in one more. */
  refresh(): Promise<void> {
    if (this.reading) {
      this.again ??= this.reading.then(() => {
        this.again = null;
        return this.refresh();
      });
      return this.again;
    }
    this.reading = this.read().finally(() => (this.reading = null));
    return this.reading;
  }

  /** The notebook's cells were edited, added, moved or deleted, or have run. */
  noteCells(): void {
    const edited = this.notebook.edited();
    if (edited !== this.known.edited) {
      this.update({ edited });
    }
    this.cellChanges.emit();
  }

  /** Take what the server tells of a run; what began or ended is read again. */
  noteRun(event: RunEvent): void {
    if (event.notebook !== this.notebook.path) {
      return;
    }
    const known = this.known.runs?.find(run => reference(run) === event.run);
    this.update({ progress: withEvent(this.known.progress, event) });
    this.expectMore();
    if (known?.status !== event.state) {
      void this.refresh();
    }
    this.tellings.emit(event);
  }

  /** Pipelines or schedules of some project have changed; decisions are told at cells as well. */
  noteChanged(event: ChangedEvent): void {
    if (event.pipelines) {
      void this.refresh();
    }
    this.tellings.emit(event);
  }

  /** Something was recorded; it is read unless it is known already. */
  noteRecorded(event: RecordedEvent): void {
    const mine = event.notebook === this.notebook.path;
    if (mine && event.execution > this.known.latest) {
      void this.refresh();
    }
  }

  /** Nobody looks any more. */
  dispose(): void {
    this.disposed = true;
    clearTimeout(this.silence);
    Signal.clearData(this);
  }

  private async read(): Promise<void> {
    this.update({ loading: true });
    const path = this.notebook.path;
    await Promise.all([this.readHistory(path), this.readFreshness(path)]);
    this.update({ loading: false });
  }

  private async readHistory(path: string): Promise<void> {
    try {
      const [steps, runs] = await Promise.all([
        this.api.steps(path),
        this.api.runs(path)
      ]);
      const names = this.notebook.stepNames();
      this.update({
        steps: inNotebookOrder(steps.steps, names),
        runs: runs.runs,
        problem: null
      });
      this.expectMore();
    } catch (error) {
      this.update({ problem: problemOf(error) });
    }
  }

  /** On its own, so that versions wait neither for the analysis of the cells nor for its end. */
  private async readFreshness(path: string): Promise<void> {
    try {
      const found = await this.api.freshness(path);
      this.update({
        standings: found.steps,
        savedAt: found.saved_at,
        latest: found.latest,
        taken: found.taken,
        unapproved: found.unapproved,
        requested: found.requested,
        unknown: null,
        edited: this.notebook.edited()
      });
    } catch (error) {
      const unknown = String(problemOf(error).message);
      this.update({
        standings: null,
        savedAt: null,
        taken: {},
        unapproved: {},
        requested: {},
        unknown
      });
    }
  }

  /** Read again when the server, which tells of a running run every ten seconds, falls silent. */
  private expectMore(): void {
    clearTimeout(this.silence);
    this.silence = undefined;
    const goesOn = this.known.runs?.some(run => run.status === 'running');
    if (goesOn || Object.keys(this.known.progress).length > 0) {
      this.silence = setTimeout(() => {
        this.update({ progress: {} });
        void this.refresh();
      }, SILENCE);
    }
  }

  private update(change: Partial<Facts>): void {
    if (!this.disposed) {
      this.current = { ...this.current, ...change };
      this.changes.emit();
    }
  }

  private readonly changes = new Signal<this, void>(this);
  private readonly tellings = new Signal<this, RunEvent | ChangedEvent>(this);
  private readonly cellChanges = new Signal<this, void>(this);
  private current: Facts = NO_FACTS;
  private disposed = false;
  private reading: Promise<void> | null = null;
  private again: Promise<void> | null = null;
  private silence: ReturnType<typeof setTimeout> | undefined;
}
