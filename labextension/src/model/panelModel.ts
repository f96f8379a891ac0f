import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { MlopsApi } from '../api/client';
import type { ValueRecord, VersionDiff } from '../contract/wire';
import { NO_FACTS } from './facts';
import type { Facts, NotebookFacts } from './facts';
import type { OpenNotebook } from './notebook';
import { problemOf } from './problem';
import { bringBack, insertSource } from './restoring';
import type { Restoration } from './restoring';
import { comparison, toggled } from './selection';
import type { Selection } from './selection';

/**
 * What the panel shows: what is known of the notebook that it follows, and what was chosen.
 *
 * `values` are those that were looked at, by the reference of their version; `opened` is the step
 * that somebody asked to see, as a new object each time.
 */
export interface PanelState extends Facts {
  readonly notebook: string | null;
  readonly selection: Selection | null;
  readonly diff: VersionDiff | null;
  readonly values: Readonly<Record<string, readonly ValueRecord[]>>;
  readonly restored: Restoration | null;
  readonly opened: { readonly step: string } | null;
}

type Chosen = Omit<PanelState, Exclude<keyof Facts, 'problem'> | 'notebook'>;

const NOTHING: Chosen = {
  selection: null,
  diff: null,
  values: {},
  restored: null,
  opened: null,
  problem: null
};

/**
 * The state of the panel and what can be done to it; knows neither the DOM nor JupyterLab.
 *
 * Responsibilities: follows the facts of one open notebook, keeps what is selected, and turns
 * every failure into a problem that can be shown. Answers that arrive after the notebook was
 * switched are dropped.
 */
export class PanelModel {
  constructor(private readonly api: MlopsApi) {}

  /** Emitted after each change of `state`. */
  get stateChanged(): ISignal<this, void> {
    return this.changed;
  }

  /** The store of what is known of the notebook that it follows. */
  get following(): NotebookFacts | null {
    return this.facts;
  }

  get state(): PanelState {
    const known = this.facts?.known ?? NO_FACTS;
    return {
      ...known,
      ...this.chosen,
      notebook: this.notebook?.path ?? null,
      problem: this.chosen.problem ?? known.problem
    };
  }

  /** Follow another notebook, or none. */
  follow(facts: NotebookFacts | null): void {
    if (facts === this.facts) {
      return;
    }
    this.facts?.changed.disconnect(this.emit);
    this.facts = facts;
    this.facts?.changed.connect(this.emit);
    this.choose(NOTHING);
  }

  /** Read what is known again. */
  async refresh(): Promise<void> {
    this.dismiss();
    await this.facts?.refresh();
  }

  /** Work goes on: what was told of earlier actions is of no use any more. */
  dismiss(): void {
    const waiting = this.chosen.restored?.kind === 'waiting';
    this.choose({
      problem: null,
      restored: waiting ? this.chosen.restored : null
    });
  }

  /** Show a step. */
  open(step: string): void {
    this.choose({ opened: { step } });
  }

  /** Choose a version or give it up; with two chosen, their difference is read. */
  async select(step: string, number: number): Promise<void> {
    const selection = toggled(this.state.selection, step, number);
    this.choose({ selection, diff: null, problem: null });
    await this.compare();
  }

  /** Give up all chosen versions. */
  clearSelection(): void {
    this.choose({ selection: null, diff: null });
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
        this.choose({ values });
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
      const restored = await insertSource(this.api, notebook, step, number);
      this.choose({ restored, problem: null });
    });
  }

  /** Put what a version made back into the notebook's kernel; the answer is shown. */
  async restoreValues(step: string, number: number): Promise<void> {
    const notebook = this.notebook;
    if (!notebook) {
      return;
    }
    const reference = `${step}@${number}`;
    const restored: Restoration = { kind: 'waiting', reference };
    this.choose({ restored, problem: null });
    await this.guarded(async () => {
      const done = await bringBack(notebook, step, number, 'values');
      if (this.notebook === notebook) {
        void this.facts?.refresh();
        this.choose({ restored: done });
      }
    });
    if (this.state.restored === restored) {
      this.choose({ restored: null });
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
        this.choose({ diff: answer.diff });
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
        this.choose({ problem: problemOf(error) });
      }
    }
  }

  private choose(change: Partial<Chosen>): void {
    this.chosen = { ...this.chosen, ...change };
    this.emit();
  }

  private readonly emit = (): void => this.changed.emit();

  private get notebook(): OpenNotebook | null {
    return this.facts?.notebook ?? null;
  }

  private readonly changed = new Signal<this, void>(this);
  private chosen: Chosen = NOTHING;
  private facts: NotebookFacts | null = null;
}
