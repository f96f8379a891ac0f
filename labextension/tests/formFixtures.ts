import type {
  ReviewApi,
  RunFormApi,
  ScheduleFormApi
} from '../src/api/dialogClient';
import type {
  AskedScheduleResponse,
  DoneResponse,
  NewSchedule,
  NewWhen,
  ParametersResponse,
  PlanResponse,
  ReviewResponse,
  SchedulablesResponse,
  TimesResponse
} from '../src/contract/wire';

/** A review as the server sends it: one cell edited, one secret, nothing checked. */
export function review(change: Partial<ReviewResponse> = {}): ReviewResponse {
  return {
    schema: 'nbmlops.review/1',
    project: '.',
    reference: 'flights@2',
    notebook: 'flights.ipynb',
    author: 'ada',
    created_at: '2026-03-01T11:57:00Z',
    identity: 'grace',
    against: 'flights@1',
    approved: false,
    edited: null,
    decisions: [],
    cells: [
      {
        title: 'load',
        cell_id: 'a1',
        state: 'same',
        before: 'rows = 1',
        after: 'rows = 1'
      },
      {
        title: 'train',
        cell_id: 'b2',
        state: 'changed',
        before: 'auc = 1',
        after: 'auc = 2'
      }
    ],
    decided: [],
    parameters: [{ name: 'month', before: 'int, default 1', after: null }],
    structure: [],
    environment: [],
    checks: [
      { name: 'proof', passed: null, told: 'not proved', required: true }
    ],
    warnings: [],
    findings: [
      {
        where: 'train',
        inside: 'source',
        line: 2,
        what: 'password holds a text'
      }
    ],
    ...change
  };
}

/** A schedule as it could be asked for again, as the server sends it. */
export function asked(change: Partial<NewSchedule> = {}): NewSchedule {
  return {
    pipeline: 'flights',
    when: {
      cron: ['0 7 * * *'],
      every: [],
      at: [],
      after: [],
      on_change: [],
      metric: [],
      on_data: [],
      http: false,
      join: 'any',
      between: '',
      days: '',
      business_days: false,
      holidays: ''
    },
    cron: '',
    timezone: 'America/New_York',
    parameters: { month: 1 },
    missed: 'latest',
    max_age: '6h',
    overlap: 'skip',
    retries: 2,
    timeout: '30m',
    deadline: '07:00',
    ...change
  };
}

/** A server in memory behind the form of a schedule and a review. */
export class MemoryFormApi implements ScheduleFormApi, RunFormApi, ReviewApi {
  readonly asked: string[] = [];
  readonly made: NewSchedule[] = [];
  refusal: Error | null = null;
  reviewed = review();
  before = asked();
  offers: SchedulablesResponse = {
    schema: 'nbmlops.schedulables/1',
    project: '.',
    timezone: 'Europe/Berlin',
    scheduler_runs: true,
    pipelines: [
      {
        name: 'flights',
        latest: 'flights@2',
        reference: 'flights@2',
        problem: null,
        cure: null,
        parameters: {
          type: 'object',
          properties: { month: { type: 'integer', default: 1 } }
        }
      }
    ]
  };

  schedulables(notebook: string): Promise<SchedulablesResponse> {
    return this.answer(`schedulables ${notebook}`, this.offers);
  }

  times(cron: string, timezone: string): Promise<TimesResponse> {
    return this.answer(`times ${cron} ${timezone}`, {
      schema: 'nbmlops.times/1',
      words: `At ${cron}`,
      timezone,
      next: ['2026-03-02T05:00:00Z']
    });
  }

  whenDue(when: NewWhen, timezone: string): Promise<TimesResponse> {
    const said = Object.values(when).flat().filter(Boolean).join(' ');
    return this.answer(`due ${said} ${timezone}`, {
      schema: 'nbmlops.times/1',
      words: `On ${said}`,
      timezone,
      next: []
    });
  }

  plan(
    _: string,
    schedule: NewSchedule,
    id: number | null
  ): Promise<PlanResponse> {
    return this.answer(`plan ${schedule.pipeline} ${id ?? ''}`.trim(), {
      schema: 'nbmlops.plan/1',
      reference: 'flights@2',
      summary: '1 of 1 step will run.',
      next: [],
      parameters: schedule.parameters,
      steps: [{ title: 'train', state: 'runs', why: 'it has never run' }]
    });
  }

  makeSchedule(_: string, schedule: NewSchedule): Promise<DoneResponse> {
    this.made.push(schedule);
    return this.done(`make ${schedule.pipeline}`, 'Schedule 1 is made.');
  }

  askedSchedule(_: string, id: number): Promise<AskedScheduleResponse> {
    return this.answer(`asked ${id}`, {
      schema: 'nbmlops.asked-schedule/1',
      id,
      reference: 'flights@1',
      asked: this.before
    });
  }

  changeSchedule(
    _: string,
    id: number,
    schedule: NewSchedule
  ): Promise<DoneResponse> {
    this.made.push(schedule);
    return this.done(`change schedule ${id}`, `Schedule ${id} is changed.`);
  }

  parameters(_: string, version: string): Promise<ParametersResponse> {
    const parameters = this.offers.pipelines[0]?.parameters ?? {};
    return this.answer(`parameters ${version}`, {
      schema: 'nbmlops.parameters/1',
      reference: version,
      parameters
    });
  }

  run(
    _: string,
    version: string,
    parameters: Readonly<Record<string, unknown>>,
    to: readonly string[] = []
  ): Promise<DoneResponse> {
    const part = to.length > 0 ? ` to ${to.join(' ')}` : '';
    const told = `run ${version} ${JSON.stringify(parameters)}${part}`;
    return this.done(told, `${version} runs.`);
  }

  review(_: string, version: string): Promise<ReviewResponse> {
    return this.answer(`review ${version}`, this.reviewed);
  }

  approve(
    _: string,
    version: string,
    comment: string,
    cell = ''
  ): Promise<DoneResponse> {
    const what = [version, cell].filter(Boolean).join(' ');
    return this.done(`approve ${what}: ${comment}`, 'It is approved.');
  }

  requestChanges(
    _: string,
    version: string,
    comment: string,
    cell = ''
  ): Promise<DoneResponse> {
    const what = [version, cell].filter(Boolean).join(' ');
    return this.done(`change ${what}: ${comment}`, 'Changes are requested.');
  }

  private done(asked: string, message: string): Promise<DoneResponse> {
    return this.answer(asked, { schema: 'nbmlops.done/1', message });
  }

  private answer<T>(asked: string, answer: T): Promise<T> {
    this.asked.push(asked);
    const { refusal } = this;
    return refusal ? Promise.reject(refusal) : Promise.resolve(answer);
  }
}
