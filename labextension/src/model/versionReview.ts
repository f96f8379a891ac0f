import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ReviewApi } from '../api/dialogClient';
import type { DoneResponse, ReviewResponse } from '../contract/wire';
import { problemOf } from './problem';
import type { Problem } from './problem';

/**
 * What a review shows; `done` is what became of the decision, `failed` why there is none, of that
 * on the cell `decidedOn`, on the whole where that is empty.
 */
export interface ReviewState {
  readonly notebook: string;
  readonly version: string;
  readonly answer: ReviewResponse | null;
  readonly problem: Problem | null;
  readonly done: string | null;
  readonly failed: Problem | null;
  readonly decidedOn: string;
  readonly busy: boolean;
}

/** What somebody may decide. */
export type Verdict = 'approve' | 'requestChanges';

/**
 * A pipeline version that somebody looks at before deciding on it; knows neither the DOM nor
 * JupyterLab. Who decides is whoever is logged in: the server knows.
 */
export class VersionReview {
  constructor(
    private readonly api: ReviewApi,
    notebook: string,
    version: string
  ) {
    this.current = {
      notebook,
      version,
      answer: null,
      problem: null,
      done: null,
      failed: null,
      decidedOn: '',
      busy: false
    };
  }

  /** Emitted after each change of `state`. */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  get state(): ReviewState {
    return this.current;
  }

  /** Read the version, and what it is compared with, again. */
  async load(): Promise<void> {
    const { notebook, version } = this.current;
    try {
      const answer = await this.api.review(notebook, version);
      this.update({ answer, version: answer.reference, problem: null });
    } catch (error) {
      this.update({ problem: problemOf(error) });
    }
  }

  /**
   * Decide on the version that is shown, whatever was built meanwhile; on one of its cells alone
   * where `cell` is the id of one.
   */
  async decide(verdict: Verdict, comment: string, cell = ''): Promise<void> {
    if (this.current.busy) {
      return;
    }
    const { notebook, version } = this.current;
    this.update({ busy: true, done: null, failed: null, decidedOn: cell });
    let change: Partial<ReviewState>;
    try {
      const { message }: DoneResponse = await this.api[verdict](
        notebook,
        version,
        comment,
        cell
      );
      change = { done: message };
    } catch (error) {
      change = { failed: problemOf(error) };
    }
    await this.load();
    this.update({ ...change, busy: false });
  }

  private update(change: Partial<ReviewState>): void {
    this.current = { ...this.current, ...change };
    this.changes.emit();
  }

  private readonly changes = new Signal<this, void>(this);
  private current: ReviewState;
}
