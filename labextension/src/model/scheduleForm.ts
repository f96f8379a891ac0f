import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { ApiError } from '../api/client';
import type { NewSchedule, ScheduleFormApi } from '../api/dialogClient';
import type {
  NewWhen,
  PlanResponse,
  Schedulable,
  SchedulablesResponse,
  TimesResponse
} from '../contract/wire';
import { differing } from './parameterForm';
import type { Values } from './parameterForm';
import { problemOf } from './problem';
import type { Problem } from './problem';

/** How long nobody types before the next times are asked for, in milliseconds. */
const TYPING = 250;

/** Times and events beside a cron expression, as they are typed: several with `;` between them. */
export interface Events {
  readonly every: string;
  readonly at: string;
  readonly after: string;
  readonly on_change: string;
  readonly metric: string;
  readonly on_data: string;
  readonly http: boolean;
  readonly join: 'any' | 'all';
  readonly between: string;
  readonly days: string;
  readonly business_days: boolean;
  readonly holidays: string;
}

/** What is typed into the form; `values` are all parameters. */
export type Draft = Omit<NewSchedule, 'parameters' | 'when'> & {
  readonly values: Values;
  readonly events: Events;
};

const NO_EVENTS: Events = {
  every: '',
  at: '',
  after: '',
  on_change: '',
  metric: '',
  on_data: '',
  http: false,
  join: 'any',
  between: '',
  days: '',
  business_days: false,
  holidays: ''
};

const DEFAULTS: Draft = {
  pipeline: '',
  cron: '0 6 * * *',
  timezone: '',
  values: {},
  events: NO_EVENTS,
  missed: 'all',
  max_age: '',
  overlap: 'queue',
  retries: null,
  timeout: '',
  deadline: ''
};

/**
 * What the form shows. `problems` are refusals by the field that they are about, that of the whole
 * under the empty name; `plan` is the dry run of what is in the form; `done` says that the schedule
 * is made.
 */
export interface ScheduleFormState {
  readonly notebook: string;
  readonly offers: SchedulablesResponse | null;
  readonly draft: Draft;
  readonly times: TimesResponse | null;
  readonly problems: Readonly<Record<string, Problem>>;
  readonly plan: PlanResponse | null;
  readonly done: string | null;
  readonly busy: boolean;
}

/**
 * A schedule that is being made; knows neither the DOM nor JupyterLab.
 *
 * The server checks everything: as one types it says the cron expression in words with the next
 * times, and each refusal is kept by the field that it is about until that is changed.
 */
export class ScheduleForm {
  constructor(
    private readonly api: ScheduleFormApi,
    notebook: string,
    private readonly wait = TYPING
  ) {
    this.current = {
      notebook,
      offers: null,
      draft: DEFAULTS,
      times: null,
      problems: {},
      plan: null,
      done: null,
      busy: false
    };
  }

  /** Emitted after each change of `state`. */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  get state(): ScheduleFormState {
    return this.current;
  }

  /** The pipeline that is chosen; `null` where the notebook has none. */
  get chosen(): Schedulable | null {
    const { offers, draft } = this.current;
    return offers?.pipelines.find(one => one.name === draft.pipeline) ?? null;
  }

  /** Read which pipelines there are; what is typed stays. */
  async load(): Promise<void> {
    try {
      const offers = await this.api.schedulables(this.current.notebook);
      const { draft } = this.current;
      const known = offers.pipelines.some(one => one.name === draft.pipeline);
      const pipeline = known ? draft.pipeline : offers.pipelines[0]?.name;
      const timezone = draft.timezone || offers.timezone;
      this.update({
        offers,
        draft: { ...draft, pipeline: pipeline ?? '', timezone },
        problems: {}
      });
      await this.readTimes();
    } catch (error) {
      this.update({ problems: { '': problemOf(error) } });
    }
  }

  /** Somebody has typed or chosen something. */
  change(change: Partial<Draft>): void {
    const cleared = Object.keys(change);
    const kept = Object.entries(this.current.problems).filter(
      ([field]) =>
        field !== '' &&
        !cleared.includes(field) &&
        !(change.values && field.startsWith('parameters')) &&
        !((change.events || 'cron' in change) && TIMELY.includes(field))
    );
    this.update({
      draft: { ...this.current.draft, ...change },
      problems: Object.fromEntries(kept),
      plan: null,
      done: null
    });
    if ('cron' in change || 'timezone' in change || 'events' in change) {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => void this.readTimes(), this.wait);
    }
  }

  /** See what the first run would do; nothing is made. */
  async dryRun(): Promise<void> {
    await this.order(async () => {
      const { notebook } = this.current;
      return { plan: await this.api.plan(notebook, this.asked()) };
    });
  }

  /** Make the schedule. */
  async submit(): Promise<void> {
    await this.order(async () => {
      const { notebook } = this.current;
      const made = await this.api.makeSchedule(notebook, this.asked());
      return { done: made.message, plan: null };
    });
  }

  /** Let go of what is under way. */
  dispose(): void {
    clearTimeout(this.typing);
    Signal.clearData(this);
  }

  private asked(): NewSchedule {
    const { values, events, ...rest } = this.current.draft;
    const schema = this.chosen?.parameters ?? {};
    const parameters = differing(schema, values);
    return { ...rest, when: whenOf('', events), parameters };
  }

  private async order(
    ask: () => Promise<Partial<ScheduleFormState>>
  ): Promise<void> {
    if (this.current.busy) {
      return;
    }
    this.update({ busy: true, done: null, problems: {} });
    try {
      this.update({ ...(await ask()), busy: false });
    } catch (error) {
      this.update({ busy: false, plan: null, problems: problemsOf(error) });
    }
  }

  /** The answer to what was typed last counts. */
  private async readTimes(): Promise<void> {
    const { cron, timezone, events } = this.current.draft;
    const asked = (this.asking += 1);
    let change: Partial<ScheduleFormState>;
    try {
      const times = isEmpty(events)
        ? await this.api.times(cron, timezone)
        : await this.api.whenDue(whenOf(cron, events), timezone);
      change = { times, problems: withoutTimely(this.current.problems) };
    } catch (error) {
      const others = withoutTimely(this.current.problems);
      const problems = { ...others, ...problemsOf(error) };
      change = { times: null, problems };
    }
    if (asked === this.asking) {
      this.update(change);
    }
  }

  private update(change: Partial<ScheduleFormState>): void {
    this.current = { ...this.current, ...change };
    this.changes.emit();
  }

  private readonly changes = new Signal<this, void>(this);
  private current: ScheduleFormState;
  private typing: ReturnType<typeof setTimeout> | undefined;
  private asking = 0;
}

function problemsOf(error: unknown): Record<string, Problem> {
  const field = error instanceof ApiError ? error.field : null;
  return { [field ?? '']: problemOf(error) };
}

/** The fields that say when. */
const TIMELY: readonly string[] = ['cron', 'when', ...Object.keys(NO_EVENTS)];

function withoutTimely(
  problems: Readonly<Record<string, Problem>>
): Record<string, Problem> {
  return Object.fromEntries(
    Object.entries(problems).filter(([field]) => !TIMELY.includes(field))
  );
}

function isEmpty(events: Events): boolean {
  return JSON.stringify(events) === JSON.stringify(NO_EVENTS);
}

/** What is typed as the server takes it; an empty field says nothing. */
function whenOf(cron: string, events: Events): NewWhen {
  const { every, at, after, on_change, metric, on_data, ...rest } = events;
  return {
    ...rest,
    cron: parts(cron),
    every: parts(every),
    at: parts(at),
    after: parts(after),
    on_change: parts(on_change),
    metric: parts(metric),
    on_data: parts(on_data)
  };
}

function parts(text: string): string[] {
  return text
    .split(';')
    .map(part => part.trim())
    .filter(Boolean);
}
