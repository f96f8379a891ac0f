import type { PanelApi } from '../src/api/panelClient';
import type { PanelHost } from '../src/components/sectionProps';
import type {
  ApprovalsResponse,
  DatasetDiffResponse,
  DatasetResponse,
  DatasetVersion,
  DatasetsResponse,
  DoneResponse,
  Monitor,
  MonitorsResponse,
  PipelineGraph,
  PipelinesResponse,
  ReportResponse,
  RunStep,
  ScheduleRow,
  SchedulesResponse,
  TranscriptResponse,
  Waiting
} from '../src/contract/wire';

/** What became of a step in a run, as the server sends it. */
export function runStep(name: string, change: Partial<RunStep> = {}): RunStep {
  return {
    name,
    status: 'succeeded',
    why: '',
    failure: null,
    version: `${name}@1`,
    origin: null,
    duration: 2.44,
    attempts: 1,
    executions: [1],
    ...change
  };
}

/** A pipeline of load and train, as the server sends it. */
export function graph(change: Partial<PipelineGraph> = {}): PipelineGraph {
  return {
    name: 'flights',
    reference: 'flights@2',
    approved: true,
    author: 'ada',
    created_at: '2026-03-01T11:57:00Z',
    layers: 2,
    rows: 1,
    nodes: [
      { name: 'load', layer: 0, row: 0 },
      { name: 'train', layer: 1, row: 0 }
    ],
    links: [
      {
        source: 'load',
        target: 'train',
        names: ['rows'],
        certain: true,
        through: [
          [0, 0],
          [1, 0]
        ]
      }
    ],
    run: 'flights#3',
    run_status: 'failed',
    steps: [
      runStep('load'),
      runStep('train', { status: 'failed', why: 'ValueError: no rows' })
    ],
    ...change
  };
}

/** A schedule as the server sends it. */
export function scheduleRow(change: Partial<ScheduleRow> = {}): ScheduleRow {
  return {
    id: 7,
    pipeline: 'flights',
    reference: 'flights@2',
    when: '0 6 * * *',
    cron: '0 6 * * *',
    asked: {
      cron: ['0 6 * * *'],
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
    timezone: 'Europe/Berlin',
    parameters: {},
    author: 'ada',
    paused: false,
    pause_reason: null,
    next: '2026-03-02T05:00:00Z',
    last: {
      due_at: '2026-03-01T05:00:00Z',
      status: 'failed',
      run: 'flights#3',
      note: 'failed in step train'
    },
    ...change
  };
}

/** A version that waits for a decision, as the server sends it. */
export function waiting(change: Partial<Waiting> = {}): Waiting {
  return {
    reference: 'flights@3',
    notebook: 'nested/flights.ipynb',
    author: 'ada',
    created_at: '2026-03-01T11:57:00Z',
    steps: ['load', 'train'],
    parameters: ['month'],
    warnings: [],
    replaces: 'flights@2',
    ...change
  };
}

/** A version of a data set, as the server sends it. */
export function datasetVersion(
  change: Partial<DatasetVersion> = {}
): DatasetVersion {
  return {
    id: 2,
    name: 'flights',
    number: 2,
    digest: 'f00d',
    comment: 'of March',
    author: 'ada',
    created_at: '2026-03-01T11:57:00Z',
    source: { step: 'train@1', notebook: 'nested/flights.ipynb', execution: 7 },
    left_out: [],
    files: 1,
    values: 1,
    size: 2048,
    ...change
  };
}

/** A server in memory that keeps count of what it was asked and told to do. */
export class MemoryPanelApi implements PanelApi {
  asked: string[] = [];
  project = 'nested';
  graphs: readonly PipelineGraph[] = [graph()];
  rows: readonly ScheduleRow[] = [scheduleRow()];
  schedulerRuns = false;
  waits: readonly Waiting[] = [waiting()];
  refusal: Error | null = null;
  sets: readonly DatasetVersion[] = [
    datasetVersion(),
    datasetVersion({ id: 1, number: 1, comment: '' })
  ];
  undo: string | null = null;
  monitored: readonly Monitor[] = [];
  monitorsTotal: number | null = null;
  replaces: Error | null = null;

  pipelines(notebook: string): Promise<PipelinesResponse> {
    return this.answer(`pipelines ${notebook}`, {
      schema: 'nbmlops.pipelines/1',
      project: this.project,
      pipelines: this.graphs
    });
  }

  schedules(notebook: string): Promise<SchedulesResponse> {
    return this.answer(`schedules ${notebook}`, {
      schema: 'nbmlops.schedules/1',
      project: this.project,
      scheduler_runs: this.schedulerRuns,
      schedules: this.rows,
      backfills: [
        {
          id: 9,
          reference: 'flights@2',
          step: '0 6 * * *',
          paused: false,
          counts: { due: 1, succeeded: 2, failed: 1 }
        }
      ]
    });
  }

  approvals(notebook: string): Promise<ApprovalsResponse> {
    return this.answer(`approvals ${notebook}`, {
      schema: 'nbmlops.approvals/1',
      project: this.project,
      identity: 'grace',
      required: true,
      waiting: this.waits,
      returned: []
    });
  }

  datasets(notebook: string): Promise<DatasetsResponse> {
    return this.answer(`datasets ${notebook}`, {
      schema: 'nbmlops.datasets/1',
      project: this.project,
      datasets:
        this.sets.length === 0
          ? []
          : [{ name: 'flights', versions: this.sets, total: this.sets.length }],
      total: Math.min(this.sets.length, 1),
      undo: this.undo
    });
  }

  monitors(notebook: string): Promise<MonitorsResponse> {
    return this.answer(`monitors ${notebook}`, {
      schema: 'nbmlops.monitors/1',
      project: this.project,
      monitors: this.monitored,
      total: this.monitorsTotal ?? this.monitored.length
    });
  }

  dataset(_: string, dataset: string): Promise<DatasetResponse> {
    return this.answer(`dataset ${dataset}`, {
      schema: 'nbmlops.dataset/1',
      version: datasetVersion({
        left_out: [{ name: 'model', why: 'too large' }]
      }),
      members: [
        {
          kind: 'file',
          name: 'data/a.csv',
          digest: 'd',
          size: 2048,
          object: 'd',
          manifest: null,
          text: ''
        },
        {
          kind: 'value',
          name: 'rows',
          digest: 'p',
          size: null,
          object: null,
          manifest: null,
          text: 'list'
        }
      ],
      uses: [
        {
          used_by: 'train@1',
          notebook: 'nested/flights.ipynb',
          run: 'flights#3',
          members: 2,
          executions: 1,
          last_at: '2026-03-01T11:57:00Z'
        }
      ]
    });
  }

  datasetDiff(
    _: string,
    before: string,
    after: string
  ): Promise<DatasetDiffResponse> {
    return this.answer(`dataset-diff ${before} ${after}`, {
      schema: 'nbmlops.dataset-diff/1',
      before,
      after,
      differences: [
        {
          kind: 'file',
          name: 'data/b.csv',
          change: 'added',
          before: null,
          after: {
            kind: 'file',
            name: 'data/b.csv',
            digest: 'd',
            size: 3,
            object: 'd',
            manifest: null,
            text: ''
          }
        }
      ],
      total: 1,
      same: 1
    });
  }

  pin(
    _: string,
    name: string,
    step: string,
    comment: string
  ): Promise<DoneResponse> {
    return this.done(`pin ${step} as ${name}: ${comment}`);
  }

  restoreDataset(
    _: string,
    dataset: string,
    agreed: boolean
  ): Promise<DoneResponse> {
    if (this.replaces && !agreed) {
      this.asked.push(`restore ${dataset}`);
      return Promise.reject(this.replaces);
    }
    return this.done(`restore ${dataset}${agreed ? ', agreed' : ''}`);
  }

  undoRestore(_: string, agreed: boolean): Promise<DoneResponse> {
    return this.done(`undo${agreed ? ', agreed' : ''}`);
  }

  transcript(_: string, run: string): Promise<TranscriptResponse> {
    return this.answer(`transcript ${run}`, {
      schema: 'nbmlops.transcript/1',
      run,
      status: 'failed',
      text: 'loaded 2'
    });
  }

  report(_: string, run: string): Promise<ReportResponse> {
    return this.answer(`report ${run}`, {
      schema: 'nbmlops.report/1',
      run,
      html: '<p>Report</p>'
    });
  }

  cancel(_: string, run: string): Promise<DoneResponse> {
    return this.done(`cancel ${run}`);
  }

  resume(_: string, run: string): Promise<DoneResponse> {
    return this.done(`resume ${run}`);
  }

  schedule(_: string, id: number, action: string): Promise<DoneResponse> {
    return this.done(`${action} ${id}`);
  }

  startScheduler(notebook: string): Promise<DoneResponse> {
    return this.done(`start scheduler ${notebook}`);
  }

  backfill(
    _: string,
    id: number,
    start: string,
    end: string
  ): Promise<DoneResponse> {
    return this.done(`backfill ${id} ${start} ${end}`);
  }

  approve(_: string, version: string, comment: string): Promise<DoneResponse> {
    return this.done(`approve ${version}: ${comment}`);
  }

  private done(order: string): Promise<DoneResponse> {
    return this.answer(order, {
      schema: 'nbmlops.done/1',
      message: `Done: ${order}.`
    });
  }

  private answer<T>(question: string, body: T): Promise<T> {
    this.asked.push(question);
    return this.refusal ? Promise.reject(this.refusal) : Promise.resolve(body);
  }
}

/** An application that notes what it is asked for and agrees to everything. */
export class MemoryHost implements PanelHost {
  asked: string[] = [];
  agrees = true;

  reveal = (): void => void this.asked.push('reveal');

  confirm = (title: string): Promise<boolean> => {
    this.asked.push(title);
    return Promise.resolve(this.agrees);
  };

  openLog = (run: string): void => void this.asked.push(`log ${run}`);

  openReport = (run: string): void => void this.asked.push(`report ${run}`);

  build = (): void => void this.asked.push('build');

  run = (): void => void this.asked.push('run');

  openSchedule = (schedule?: number): void =>
    void this.asked.push(`schedule ${schedule ?? ''}`.trim());

  openReview = (version: string): void =>
    void this.asked.push(`review ${version}`);

  openExecutions = (): void => void this.asked.push('executions');
}
