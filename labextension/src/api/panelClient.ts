import type { ServerConnection } from '@jupyterlab/services';

import type {
  ApprovalsResponse,
  DatasetDiffResponse,
  DatasetResponse,
  DatasetsResponse,
  DoneResponse,
  MonitorsResponse,
  PipelinesResponse,
  ReportResponse,
  SchedulesResponse,
  TranscriptResponse
} from '../contract/wire';
import { request } from './client';
import type { Query } from './client';

/** What may be done with a schedule; `fire` makes it due now. */
export type ScheduleAction = 'pause' | 'resume' | 'fire';

/**
 * What the sections of the panel ask the server for. Paths are relative to the server's root, runs
 * and versions are references.
 *
 * Every method rejects with an `ApiError`.
 */
export interface PanelApi {
  pipelines(notebook: string): Promise<PipelinesResponse>;
  schedules(notebook: string): Promise<SchedulesResponse>;
  approvals(notebook: string): Promise<ApprovalsResponse>;
  datasets(notebook: string): Promise<DatasetsResponse>;
  monitors(notebook: string): Promise<MonitorsResponse>;
  dataset(notebook: string, dataset: string): Promise<DatasetResponse>;
  datasetDiff(
    notebook: string,
    before: string,
    after: string
  ): Promise<DatasetDiffResponse>;
  pin(
    notebook: string,
    name: string,
    step: string,
    comment: string
  ): Promise<DoneResponse>;
  restoreDataset(
    notebook: string,
    dataset: string,
    agreed: boolean
  ): Promise<DoneResponse>;
  undoRestore(notebook: string, agreed: boolean): Promise<DoneResponse>;
  transcript(notebook: string, run: string): Promise<TranscriptResponse>;
  report(notebook: string, run: string): Promise<ReportResponse>;
  cancel(notebook: string, run: string): Promise<DoneResponse>;
  resume(notebook: string, run: string): Promise<DoneResponse>;
  schedule(
    notebook: string,
    id: number,
    action: ScheduleAction
  ): Promise<DoneResponse>;
  startScheduler(notebook: string): Promise<DoneResponse>;
  backfill(
    notebook: string,
    id: number,
    start: string,
    end: string
  ): Promise<DoneResponse>;
  approve(
    notebook: string,
    version: string,
    comment: string
  ): Promise<DoneResponse>;
}

/**
 * The endpoints behind the sections of the panel.
 */
export class PanelClient implements PanelApi {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  pipelines(notebook: string): Promise<PipelinesResponse> {
    return this.ask('pipelines', { notebook });
  }

  schedules(notebook: string): Promise<SchedulesResponse> {
    return this.ask('schedules', { notebook });
  }

  approvals(notebook: string): Promise<ApprovalsResponse> {
    return this.ask('approvals', { notebook });
  }

  datasets(notebook: string): Promise<DatasetsResponse> {
    return this.ask('datasets', { notebook });
  }

  monitors(notebook: string): Promise<MonitorsResponse> {
    return this.ask('monitors', { notebook });
  }

  dataset(notebook: string, dataset: string): Promise<DatasetResponse> {
    return this.ask('dataset', { notebook, dataset });
  }

  datasetDiff(
    notebook: string,
    before: string,
    after: string
  ): Promise<DatasetDiffResponse> {
    return this.ask('dataset-diff', { notebook, before, after });
  }

  pin(
    notebook: string,
    name: string,
    step: string,
    comment: string
  ): Promise<DoneResponse> {
    return this.ask('datasets', { notebook }, { name, step, comment });
  }

  restoreDataset(
    notebook: string,
    dataset: string,
    agreed: boolean
  ): Promise<DoneResponse> {
    return this.ask('dataset-restore', { notebook, dataset }, { agreed });
  }

  undoRestore(notebook: string, agreed: boolean): Promise<DoneResponse> {
    return this.ask('dataset-undo', { notebook }, { agreed });
  }

  transcript(notebook: string, run: string): Promise<TranscriptResponse> {
    return this.ask('transcript', { notebook, run });
  }

  report(notebook: string, run: string): Promise<ReportResponse> {
    return this.ask('report', { notebook, run });
  }

  cancel(notebook: string, run: string): Promise<DoneResponse> {
    return this.ask('cancel', { notebook, run }, {});
  }

  resume(notebook: string, run: string): Promise<DoneResponse> {
    return this.ask('resume', { notebook, run }, {});
  }

  schedule(
    notebook: string,
    id: number,
    action: ScheduleAction
  ): Promise<DoneResponse> {
    return this.ask('schedule', { notebook, schedule: `${id}` }, { action });
  }

  startScheduler(notebook: string): Promise<DoneResponse> {
    return this.ask('scheduler', { notebook }, {});
  }

  backfill(
    notebook: string,
    id: number,
    start: string,
    end: string
  ): Promise<DoneResponse> {
    const query = { notebook, schedule: `${id}` };
    return this.ask('backfill', query, { start, end });
  }

  approve(
    notebook: string,
    version: string,
    comment: string
  ): Promise<DoneResponse> {
    return this.ask('approve', { notebook, pipeline: version }, { comment });
  }

  private ask<T>(endpoint: string, query: Query, body?: object): Promise<T> {
    return request<T>(this.settings, endpoint, query, body);
  }
}
