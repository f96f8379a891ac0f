import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { ApiError } from '../api/client';
import type { ScheduleFormApi } from '../api/dialogClient';
import type {
  NewSchedule,
  NewWhen,
  PlanResponse,
  Schedulable,
  SchedulablesResponse,
  TimesResponse
} from '../contract/wire';
import { differing, same, typed } from './parameterForm';
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
 * What the form shows. `schedule` is the one that is changed, `null` where one is made; `kept` are
 * the parameters that it gives. `problems` are refusals by the field that they are about, that of the whole
 * under the empty name; `plan` is the dry run of what is in the form; `done` says that the schedule
 * is made, or changed.
 */
export interface ScheduleFormState {
  readonly notebook: string;
  readonly schedule: number | null;
  readonly offers: SchedulablesResponse | null;
  readonly draft: Draft;
  readonly kept: Values;
  readonly times: TimesResponse | null;
  readonly problems: Readonly<Record<string, Problem>>;
  readonly plan: PlanResponse | null;
  readonly done: string | null;
  readonly busy: boolean;
}

/**
 * A schedule that is being made or changed; knows neither the DOM nor JupyterLab.
 *
 * The server checks everything: as one types it says the cron expression in words with the next
 * times, and each refusal is kept by the field that it is about until that is changed.
 */
export class ScheduleForm {
  constructor(
    private readonly api: ScheduleFormApi,
    notebook: string,
    schedule: number | null = null,
    private readonly wait = TYPING
  ) {
    this.current = {
      notebook,
      schedule,
      offers: null,
      draft: DEFAULTS,
      kept: {},
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

  /** When it is to fire, as it is typed. */
  get when(): NewWhen {
    const { cron, events } = this.current.draft;
    return whenOf(cron, events);
  }

  /** The pipeline that is chosen; `null` where the notebook has none. */
  get chosen(): Schedulable | null {
    const { offers, draft } = this.current;
    return offers?.pipelines.find(one => one.name === draft.pipeline) ?? null;
  }

  /** Read which pipelines there are, and what a schedule is that is changed; what is typed stays. */
  async load(): Promise<void> {
    const { notebook, schedule } = this.current;
    try {
      const offers = await this.api.schedulables(notebook);
      if (schedule !== null && this.current.offers === null) {
        const { asked } = await this.api.askedSchedule(notebook, schedule);
        const { parameters: schema = {} } =
          offers.pipelines.find(one => one.name === asked.pipeline) ?? {};
        const draft = draftOf(asked, typed(schema, asked.parameters));
        this.current = { ...this.current, draft, kept: asked.parameters };
      }
      this.update({ ...this.offered(offers), problems: {} });
      await this.readTimes();
    } catch (error) {
      this.update({ problems: { '': problemOf(error) } });
    }
  }

  /** It is looked at again: what was refused may be built or approved by now. */
  async lookAgain(): Promise<void> {
    const { notebook, offers, busy } = this.current;
    if (offers === null || busy) {
      return;
    }
    try {
      this.update(this.offered(await this.api.schedulables(notebook)));
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
      const { notebook, schedule } = this.current;
      return { plan: await this.api.plan(notebook, this.asked(), schedule) };
    });
  }

  /** Make the schedule, or change the one that there is. */
  async submit(): Promise<void> {
    await this.order(async () => {
      const { notebook, schedule } = this.current;
      const asked = this.asked();
      const made =
        schedule === null
          ? await this.api.makeSchedule(notebook, asked)
          : await this.api.changeSchedule(notebook, schedule, asked);
      return { done: made.message, plan: null };
    });
  }

  /** Let go of what is under way. */
  dispose(): void {
    clearTimeout(this.typing);
    Signal.clearData(this);
  }

  /** What there is to choose from; what is chosen stays as far as it is there. */
  private offered(
    offers: SchedulablesResponse
  ): Pick<ScheduleFormState, 'offers' | 'draft'> {
    const { draft } = this.current;
    const known = offers.pipelines.some(one => one.name === draft.pipeline);
    const pipeline = known ? draft.pipeline : offers.pipelines[0]?.name;
    const timezone = draft.timezone || offers.timezone;
    return { offers, draft: { ...draft, pipeline: pipeline ?? '', timezone } };
  }

  private asked(): NewSchedule {
    const { values, events, cron, ...rest } = this.current.draft;
    const schema = this.chosen?.parameters ?? {};
    const before = typed(schema, this.current.kept);
    const kept = Object.entries(this.current.kept).filter(([name]) =>
      same(before[name], values[name])
    ); // what it gives by itself stays so, also where the notebook gives the same
    const parameters = {
      ...differing(schema, values),
      ...Object.fromEntries(kept)
    };
    return { ...rest, cron: '', when: whenOf(cron, events), parameters };
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
      const times = isClock(cron, events)
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

/** Whether nothing but the clock makes a schedule fire, at any hour of any day. */
export function isEmpty(events: Events): boolean {
  const names = Object.keys(NO_EVENTS) as Array<keyof Events>;
  return names.every(name => events[name] === NO_EVENTS[name]);
}

/** Whether what is typed is one cron expression, or what is to become one. */
function isClock(cron: string, events: Events): boolean {
  return isEmpty(events) && parts(cron).length < 2;
}

/** What was asked for, as it would be typed; `values` are its parameters. */
function draftOf(asked: NewSchedule, values: Values): Draft {
  const { when, pipeline, timezone, missed, max_age, overlap } = asked;
  const { retries, timeout, deadline } = asked;
  const { cron, every, at, after, on_change, metric, on_data, ...others } =
    when;
  return {
    ...{ pipeline, timezone, missed, max_age, overlap },
    ...{ retries, timeout, deadline },
    values,
    cron: [...cron, ...parts(asked.cron)].join(SEPARATOR),
    events: {
      ...others,
      every: every.join(SEPARATOR),
      at: at.join(SEPARATOR),
      after: after.join(SEPARATOR),
      on_change: on_change.join(SEPARATOR),
      metric: metric.join(SEPARATOR),
      on_data: on_data.join(SEPARATOR)
    }
  };
}

const SEPARATOR = '; ';

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
