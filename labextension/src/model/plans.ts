import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { ApiError } from '../api/client';
import type { PanelApi } from '../api/panelClient';
import type {
  ApprovalsResponse,
  ChangedEvent,
  DatasetsResponse,
  DoneResponse,
  MonitorsResponse,
  PipelinesResponse,
  RunEvent,
  SchedulesResponse
} from '../contract/wire';
import type { NotebookFacts } from './facts';
import type { OpenNotebook } from './notebook';
import type { PanelModel } from './panelModel';
import { problemOf } from './problem';
import type { Problem } from './problem';

const TOPICS = [
  'pipelines',
  'schedules',
  'approvals',
  'datasets',
  'monitors'
] as const;

/** What a section of the panel is of, beside steps and runs. */
export type Topic = (typeof TOPICS)[number];

/** What the server answers to each of them. */
interface Answers {
  readonly pipelines: PipelinesResponse;
  readonly schedules: SchedulesResponse;
  readonly approvals: ApprovalsResponse;
  readonly datasets: DatasetsResponse;
  readonly monitors: MonitorsResponse;
}

/**
 * What the sections show. `answers` are missing until they were read once, `problems` say why one
 * could not be read; `done` is what became of the last thing that was asked for, `failed` why
 * nothing did; `busy` while it is under way, `pinning` where that is a data set, which may take long.
 */
export interface PlansState {
  readonly notebook: string | null;
  readonly answers: Partial<Answers>;
  readonly problems: Partial<Record<Topic, Problem | undefined>>;
  readonly done: string | null;
  readonly failed: Problem | null;
  readonly busy: boolean;
  readonly pinning: Pinning | null;
}

/** A data set that is being pinned, and since when, in milliseconds since the epoch. */
export interface Pinning {
  readonly name: string;
  readonly since: number;
}

/**
 * How long it is said what became of something: later it may be so no more. What announces a run
 * is over at the latest with the run; what the reader is to follow is said until something else is.
 */
export type Told = 'for a while' | 'until a run has ended' | 'for good';

/** A while, in milliseconds. */
const WHILE = 60_000;

/** The status of what needs somebody's consent. */
const CONFLICT = 409;

const NOTHING: Omit<PlansState, 'notebook'> = {
  answers: {},
  problems: {},
  done: null,
  failed: null,
  busy: false,
  pinning: null
};

/**
 * The pipelines, schedules, approvals, data sets and monitors around the notebook that the panel
 * follows, and what can be done with them; knows neither the DOM nor JupyterLab.
 *
 * Responsibilities: reads a topic while a section shows it, again when the server tells that it
 * has changed, and asks nothing for sections that are folded. Answers that arrive after the
 * notebook was switched are dropped.
 */
export class Plans {
  constructor(
    private readonly api: PanelApi,
    panel: PanelModel
  ) {
    panel.stateChanged.connect(() => this.follow(panel.following));
    this.follow(panel.following);
  }

  /** Emitted after each change of `state`. */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  get state(): PlansState {
    return { ...this.current, notebook: this.notebook?.path ?? null };
  }

  /** Whether a section that shows a topic is to be seen; it is read once it is. */
  want(topic: Topic, wanted: boolean): void {
    if (wanted) {
      this.wanted.add(topic);
      this.readOld();
    } else {
      this.wanted.delete(topic);
    }
  }

  /** Read everything again that is to be seen. */
  refresh(): void {
    this.expire(...TOPICS);
    this.update({ done: null, failed: null });
  }

  /** Ask for something, say what became of it, and read again what it may have changed. */
  async act(
    order: (api: PanelApi, notebook: string) => Promise<DoneResponse>,
    told: Told = 'for a while'
  ): Promise<boolean> {
    const notebook = this.notebook;
    if (!notebook || this.current.busy) {
      return false;
    }
    this.update({ busy: true, done: null, failed: null });
    try {
      const { message } = await order(this.api, notebook.path);
      this.tell(notebook, { done: message });
      this.forgetLater(told);
      return true;
    } catch (error) {
      this.tell(notebook, { failed: problemOf(error) });
      return false;
    } finally {
      this.update({ busy: false });
      this.expire(...TOPICS);
    }
  }

  /** Pin what a step has read under a name. */
  async pin(name: string, step: string, comment: string): Promise<boolean> {
    if (this.current.busy) {
      return false;
    }
    this.update({ pinning: { name, since: Date.now() } });
    try {
      return await this.act((api, path) => api.pin(path, name, step, comment));
    } finally {
      this.update({ pinning: null });
    }
  }

  /** Ask something of the notebook that is followed; rejects with an `ApiError`. */
  ask<T>(
    question: (api: PanelApi, notebook: string) => Promise<T>
  ): Promise<T> {
    return question(this.api, this.notebook?.path ?? '');
  }

  /** Ask for something that replaces what is there only once somebody has agreed to that. */
  async agree(
    confirm: (question: string) => Promise<boolean>,
    order: (
      api: PanelApi,
      notebook: string,
      agreed: boolean
    ) => Promise<DoneResponse>
  ): Promise<void> {
    const asked: string[] = [];
    await this.act(async (api, path) => {
      try {
        return await order(api, path, false);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== CONFLICT) {
          throw error;
        }
        asked.push(error.message);
        return { schema: 'nbmlops.done/1', message: '' };
      }
    });
    const [question] = asked;
    if (question !== undefined && (await confirm(question))) {
      await this.act((api, path) => order(api, path, true));
    }
  }

  /**
   * Bring the state right before a run failed into the notebook's kernel, and say what it answers.
   *
   * The cell of `step` is to be mended; where it is another one by now, the one that failed is
   * inserted below it.
   */
  async debug(run: string, step: string): Promise<void> {
    const notebook = this.notebook;
    await this.act(async () => {
      await notebook?.run('%load_ext nbmlops');
      const line = `%mlops debug ${run} --yes`;
      const message = (await notebook?.run(line, step)) ?? '';
      return { schema: 'nbmlops.done/1', message };
    }, 'for good');
  }

  /** The notebook that the panel follows. */
  get notebook(): OpenNotebook | null {
    return this.facts?.notebook ?? null;
  }

  private follow(facts: NotebookFacts | null): void {
    if (facts === this.facts) {
      this.noteRecorded();
      return;
    }
    this.facts?.told.disconnect(this.note);
    this.facts = facts;
    this.facts?.told.connect(this.note);
    this.current = NOTHING;
    this.cell = null;
    this.latest = facts?.known.latest ?? 0;
    this.expire(...TOPICS);
    this.changes.emit();
  }

  private readonly note = (
    _: NotebookFacts,
    event: RunEvent | ChangedEvent
  ): void => {
    if ('project' in event) {
      this.noteChanged(event);
    } else {
      this.noteRun(event);
    }
  };

  /** Another cell runs, so that steps stand otherwise; what ends may be the last of a schedule. */
  private noteRun(event: RunEvent): void {
    const cell = `${event.run} ${event.state} ${event.cell}`;
    if (cell === this.cell) {
      return;
    }
    this.cell = cell;
    this.expire('pipelines');
    if (event.state !== 'running') {
      this.expire('schedules', 'monitors');
      if (this.told === 'until a run has ended') {
        this.update({ done: null });
      }
    }
  }

  private forgetLater(told: Told): void {
    this.told = told;
    clearTimeout(this.telling);
    if (told !== 'for good') {
      this.telling = setTimeout(() => this.update({ done: null }), WHILE);
    }
  }

  /** What was recorded may have looked for drift. */
  private noteRecorded(): void {
    const latest = this.facts?.known.latest ?? 0;
    if (latest !== this.latest) {
      this.latest = latest;
      this.expire('monitors');
    }
  }

  private noteChanged(event: ChangedEvent): void {
    // of a notebook of which nothing was recorded it is not known yet whose it is
    const concerns = (topic: Topic): boolean =>
      ['', event.project].includes(
        this.current.answers[topic]?.project ?? event.project
      );
    if (event.pipelines) {
      this.expire(
        ...(['pipelines', 'approvals', 'schedules'] as const).filter(concerns)
      );
    } else if (event.schedules) {
      this.expire(...(['schedules'] as const).filter(concerns));
    }
    if (event.datasets) {
      this.expire(...(['datasets'] as const).filter(concerns));
    }
  }

  private expire(...topics: Topic[]): void {
    topics.forEach(topic => this.fresh.delete(topic));
    this.readOld();
  }

  private readOld(): void {
    for (const topic of this.wanted) {
      if (!this.fresh.has(topic)) {
        void this.read(topic);
      }
    }
  }

  /** One request for a topic at a time; what has changed meanwhile is read once more. */
  private async read(topic: Topic): Promise<void> {
    const notebook = this.notebook;
    if (!notebook || this.reading.has(topic)) {
      return;
    }
    this.reading.add(topic);
    this.fresh.add(topic);
    try {
      const answer = await this.api[topic](notebook.path);
      const answers = { ...this.current.answers, [topic]: answer };
      this.tell(notebook, { answers, problems: this.problems(topic) });
    } catch (error) {
      const problems = this.problems(topic, problemOf(error));
      this.tell(notebook, { problems });
    } finally {
      this.reading.delete(topic);
      this.readOld();
    }
  }

  private problems(topic: Topic, problem?: Problem): PlansState['problems'] {
    return { ...this.current.problems, [topic]: problem };
  }

  private tell(notebook: OpenNotebook, change: Partial<PlansState>): void {
    if (notebook === this.notebook) {
      this.update(change);
    }
  }

  private update(change: Partial<PlansState>): void {
    this.current = { ...this.current, ...change };
    this.changes.emit();
  }

  private readonly changes = new Signal<this, void>(this);
  private readonly wanted = new Set<Topic>();
  private readonly fresh = new Set<Topic>();
  private readonly reading = new Set<Topic>();
  private current: Omit<PlansState, 'notebook'> = NOTHING;
  private facts: NotebookFacts | null = null;
  private cell: string | null = null;
  private latest = 0;
  private told: Told = 'for a while';
  private telling: ReturnType<typeof setTimeout> | undefined;
}
