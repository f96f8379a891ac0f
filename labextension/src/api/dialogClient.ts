import type { ServerConnection } from '@jupyterlab/services';

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
} from '../contract/wire';
import { request } from './client';
import type { Query } from './client';

/**
 * What the form of a schedule asks the server for; `id` is the schedule that is to become what is
 * in the form. Every method rejects with an `ApiError`.
 */
export interface ScheduleFormApi {
  schedulables(notebook: string): Promise<SchedulablesResponse>;
  times(cron: string, timezone: string): Promise<TimesResponse>;
  whenDue(when: NewWhen, timezone: string): Promise<TimesResponse>;
  plan(
    notebook: string,
    schedule: NewSchedule,
    id: number | null
  ): Promise<PlanResponse>;
  makeSchedule(notebook: string, schedule: NewSchedule): Promise<DoneResponse>;
  askedSchedule(notebook: string, id: number): Promise<AskedScheduleResponse>;
  changeSchedule(
    notebook: string,
    id: number,
    schedule: NewSchedule
  ): Promise<DoneResponse>;
}

/** What the form of a run asks the server for. Every method rejects with an `ApiError`. */
export interface RunFormApi {
  parameters(notebook: string, version: string): Promise<ParametersResponse>;
  /** `to` are steps that it is for, with what they need; all where there are none. */
  run(
    notebook: string,
    version: string,
    parameters: Readonly<Record<string, unknown>>,
    to?: readonly string[]
  ): Promise<DoneResponse>;
}

/**
 * What a review asks the server for; a decision is on the whole, or on the `cell` of that id. Every
 * method rejects with an `ApiError`.
 */
export interface ReviewApi {
  review(notebook: string, version: string): Promise<ReviewResponse>;
  approve(
    notebook: string,
    version: string,
    comment: string,
    cell?: string
  ): Promise<DoneResponse>;
  requestChanges(
    notebook: string,
    version: string,
    comment: string,
    cell?: string
  ): Promise<DoneResponse>;
}

/**
 * The endpoints behind the forms of schedules and runs, and the review of a version.
 */
export class DialogClient implements ScheduleFormApi, RunFormApi, ReviewApi {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  schedulables(notebook: string): Promise<SchedulablesResponse> {
    return request(this.settings, 'schedulables', { notebook });
  }

  times(cron: string, timezone: string): Promise<TimesResponse> {
    return request(this.settings, 'times', { cron, timezone });
  }

  whenDue(when: NewWhen, timezone: string): Promise<TimesResponse> {
    return request(this.settings, 'times', {}, { when, timezone });
  }

  plan(
    notebook: string,
    schedule: NewSchedule,
    id: number | null
  ): Promise<PlanResponse> {
    const query = id === null ? { notebook } : ofSchedule(notebook, id);
    return request(this.settings, 'plan', query, schedule);
  }

  makeSchedule(notebook: string, schedule: NewSchedule): Promise<DoneResponse> {
    return request(this.settings, 'schedules', { notebook }, schedule);
  }

  askedSchedule(notebook: string, id: number): Promise<AskedScheduleResponse> {
    return request(this.settings, 'schedule', ofSchedule(notebook, id));
  }

  changeSchedule(
    notebook: string,
    id: number,
    schedule: NewSchedule
  ): Promise<DoneResponse> {
    const query = ofSchedule(notebook, id);
    return request(this.settings, 'reschedule', query, schedule);
  }

  build(notebook: string): Promise<DoneResponse> {
    return request(this.settings, 'build', { notebook }, {});
  }

  parameters(notebook: string, version: string): Promise<ParametersResponse> {
    const query = { notebook, pipeline: version };
    return request(this.settings, 'parameters', query);
  }

  run(
    notebook: string,
    version: string,
    parameters: Readonly<Record<string, unknown>>,
    to: readonly string[] = []
  ): Promise<DoneResponse> {
    const query = { notebook, pipeline: version };
    return request(this.settings, 'run', query, { parameters, to });
  }

  review(notebook: string, version: string): Promise<ReviewResponse> {
    return request(this.settings, 'review', { notebook, pipeline: version });
  }

  approve(
    notebook: string,
    version: string,
    comment: string,
    cell = ''
  ): Promise<DoneResponse> {
    const query = { notebook, pipeline: version };
    return request(this.settings, 'approve', query, decision(comment, cell));
  }

  requestChanges(
    notebook: string,
    version: string,
    comment: string,
    cell = ''
  ): Promise<DoneResponse> {
    const query = { notebook, pipeline: version };
    const asked = decision(comment, cell);
    return request(this.settings, 'request-changes', query, asked);
  }
}

function ofSchedule(notebook: string, id: number): Query {
  return { notebook, schedule: `${id}` };
}

/** On the whole, where no cell is named. */
function decision(comment: string, cell: string): Record<string, string> {
  return cell === '' ? { comment } : { comment, cell };
}
