import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { PanelApi } from '../api/panelClient';
import type {
  ChangedEvent,
  RunEvent,
  TranscriptResponse
} from '../contract/wire';
import { problemOf } from './problem';
import type { Problem } from './problem';

/** What a run has printed; `answer` is `null` until it was read once. */
export interface RunLogState {
  readonly answer: TranscriptResponse | null;
  readonly problem: Problem | null;
}

/**
 * What a run of a notebook prints, read again when the server tells of the run; knows neither the
 * DOM nor JupyterLab.
 */
export class RunLog {
  constructor(
    private readonly api: PanelApi,
    private readonly notebook: string,
    private readonly told: ISignal<unknown, RunEvent | ChangedEvent>,
    readonly run: string
  ) {
    told.connect(this.note);
    void this.read();
  }

  /** Emitted after each change of `state`. */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  get state(): RunLogState {
    return this.current;
  }

  /** Nobody looks any more. */
  dispose(): void {
    this.disposed = true;
    this.told.disconnect(this.note);
    Signal.clearData(this);
  }

  /** One request at a time; what was printed meanwhile is read once more. */
  private async read(): Promise<void> {
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    try {
      const answer = await this.api.transcript(this.notebook, this.run);
      this.current = { answer, problem: null };
    } catch (error) {
      this.current = { ...this.current, problem: problemOf(error) };
    }
    this.reading = false;
    if (!this.disposed) {
      this.changes.emit();
      if (this.again) {
        this.again = false;
        void this.read();
      }
    }
  }

  private readonly note = (
    _: unknown,
    event: RunEvent | ChangedEvent
  ): void => {
    if ('run' in event && event.run === this.run) {
      void this.read();
    }
  };

  private readonly changes = new Signal<this, void>(this);
  private current: RunLogState = { answer: null, problem: null };
  private reading = false;
  private again = false;
  private disposed = false;
}
