import type {
  DiffResponse,
  FreshnessResponse,
  Run,
  RunEvent,
  RunsResponse,
  Standing,
  StepsResponse,
  ValueRecord,
  ValuesResponse,
  VersionResponse,
  VersionRow
} from '../src/contract/wire';
import type { MlopsApi } from '../src/api/client';
import type { OpenNotebook, StepCell } from '../src/model/notebook';

/** A version as the server sends it. */
export function row(
  step: string,
  number: number,
  change: Partial<VersionRow> = {}
): VersionRow {
  return {
    reference: `${step}@${number}`,
    step,
    notebook: 'flights.ipynb',
    number,
    digest: `${number}`.repeat(64),
    author: 'ada',
    created_at: '2026-03-01T11:57:00Z',
    changed: number === 1 ? 'first version' : 'max_depth 4 → 6',
    executions: number,
    status: 'ok',
    started_at: '2026-03-01T11:57:00Z',
    duration: 2.44,
    metrics: { auc: 0.912345 },
    run: null,
    inputs_note: null,
    last_status: 'ok',
    verified: null,
    verified_why: '',
    tags: [],
    ...change
  };
}

/** A frame of two columns that a version made, as the server sends it. */
export function frame(change: Partial<ValueRecord> = {}): ValueRecord {
  return {
    name: 'flights',
    fingerprint: 'f1',
    manifest: 'm1',
    reason: null,
    summary: {
      kind: 'pandas.DataFrame',
      text: '',
      shape: [3, 2],
      size: 1536,
      columns: { delay: 'float64', carrier: 'str' },
      holding: null,
      labelled_with: [],
      order: null,
      preview: {
        head: [
          ['1.5', 'AA'],
          ['', 'UA']
        ],
        columns: [
          {
            name: 'delay',
            kind: 'float64',
            nulls: 1,
            distinct: 2,
            minimum: '1.5',
            maximum: '40',
            mean: 20.75,
            note: null
          },
          {
            name: 'carrier',
            kind: 'str',
            nulls: null,
            distinct: null,
            minimum: null,
            maximum: null,
            mean: null,
            note: 'not looked into: too large'
          }
        ],
        items: []
      }
    },
    ...change
  };
}

/** How a step stands, as the server sends it. */
export function standing(
  step: string,
  change: Partial<Standing> = {}
): Standing {
  return {
    cell_id: `cell-${step}`,
    title: step,
    step,
    state: 'fresh',
    reasons: [],
    execution: 1,
    version: `${step}@1`,
    ran_at: '2026-03-01T11:57:00Z',
    duration: 2.44,
    held: [],
    named_in: [],
    others_above: 0,
    ...change
  };
}

/** A run as the server sends it. */
export function run(number: number, change: Partial<Run> = {}): Run {
  return {
    id: number,
    pipeline: 'flights',
    number,
    version: 1,
    version_id: 1,
    parameters: {},
    status: 'running',
    trigger: 'manual',
    author: 'ada',
    started_at: '2026-03-01T11:57:00Z',
    ended_at: null,
    failure: null,
    artifacts: [],
    metrics: {},
    outputs: {},
    warnings: [],
    rules: {
      timeout: null,
      step_timeout: null,
      cell_timeout: null,
      retries: null,
      retry_delay: null,
      keep_going: null,
      no_cache: null,
      force: null,
      only: null
    },
    attempts: [],
    cancelled_by: null,
    goes_on_with: null,
    ...change
  };
}

/** Where a run stands, as the server tells it. */
export function runEvent(
  number: number,
  change: Partial<RunEvent> = {}
): RunEvent {
  return {
    run: `flights#${number}`,
    notebook: 'flights.ipynb',
    pipeline: 'flights',
    number,
    state: 'running',
    seconds: 12.34,
    step: 'train',
    cell: 3,
    cells: 4,
    done: 2,
    line: 'epoch 7',
    ...change
  };
}

/** A server in memory that keeps count of what it was asked. */
export class MemoryApi implements MlopsApi {
  asked: string[] = [];
  stepsAnswer: Promise<StepsResponse> | null = null;
  freshnessAnswer: Promise<FreshnessResponse> | null = null;
  latest = 7;
  runsAnswer: readonly Run[] = [];
  valuesAnswer: readonly ValueRecord[] = [frame()];

  steps(notebook: string): Promise<StepsResponse> {
    this.asked.push(`steps ${notebook}`);
    return (
      this.stepsAnswer ??
      Promise.resolve({
        schema: 'nbmlops.steps/1',
        notebook,
        recorded: true,
        steps: [
          { name: 'train', versions: [row('train', 2), row('train', 1)] },
          { name: 'load', versions: [row('load', 1)] }
        ]
      })
    );
  }

  freshness(notebook: string): Promise<FreshnessResponse> {
    return (
      this.freshnessAnswer ??
      Promise.resolve({
        schema: 'nbmlops.freshness/1',
        notebook,
        saved_at: '2026-03-01T11:31:00Z',
        latest: this.latest,
        taken: {},
        unapproved: {},
        requested: {},
        steps: [
          standing('load'),
          standing('train', {
            state: 'stale',
            reasons: [
              { kind: 'rerun', detail: 'load has run again', cause: 'load' }
            ]
          })
        ]
      })
    );
  }

  runs(): Promise<RunsResponse> {
    return Promise.resolve({
      schema: 'nbmlops.runs/1',
      runs: this.runsAnswer
    });
  }

  diff(
    _notebook: string,
    step: string,
    before: number,
    after: number
  ): Promise<DiffResponse> {
    this.asked.push(`diff ${step} ${before} ${after}`);
    return Promise.resolve({
      schema: 'nbmlops.diff/1',
      contents: null,
      diff: {
        before: `${step}@${before}`,
        after: `${step}@${after}`,
        source: '--- a\n+++ b\n@@ -1 +1 @@\n-depth = 4\n+depth = 6\n',
        before_source: 'depth = 4',
        after_source: 'depth = 6',
        definitions: [],
        inputs: [],
        outputs: [{ name: 'model', before: 'a1', after: 'b2' }],
        metrics: [{ name: 'auc', before: '0.90', after: '0.91' }],
        parameters: [],
        files: [],
        externals: [],
        environment: []
      }
    });
  }

  version(
    _notebook: string,
    step: string,
    number: number
  ): Promise<VersionResponse> {
    return Promise.resolve({
      schema: 'nbmlops.version/1',
      reference: `${step}@${number}`,
      source: `source of ${step}@${number}`,
      definitions: {}
    });
  }

  values(
    _notebook: string,
    step: string,
    number: number
  ): Promise<ValuesResponse> {
    this.asked.push(`values ${step} ${number}`);
    return Promise.resolve({
      schema: 'nbmlops.values/1',
      reference: `${step}@${number}`,
      values: this.valuesAnswer
    });
  }
}

/** An open notebook with the steps load and train. */
export class MemoryNotebook implements OpenNotebook {
  inserted: string[] = [];
  lines: string[] = [];
  shown: string[] = [];
  changed = false;
  isAhead = false;
  cells: StepCell[] = [
    { id: 'c1', step: 'load', edited: false },
    { id: 'c2', step: 'train', edited: false }
  ];
  answer: Promise<string> = Promise.resolve('Restored model of train@1.');

  constructor(
    readonly path: string,
    private readonly readOnly = false
  ) {}

  edited(): boolean {
    return this.changed;
  }

  stepNames(): string[] {
    return ['load', 'train'];
  }

  stepCells(): StepCell[] {
    return this.cells;
  }

  ahead(): boolean {
    return this.isAhead;
  }

  insertBelow(_step: string, source: string): boolean {
    if (!this.readOnly) {
      this.inserted.push(source);
    }
    return !this.readOnly;
  }

  showStep(step: string): boolean {
    this.shown.push(step);
    return this.stepNames().includes(step);
  }

  showCell(id: string): boolean {
    this.shown.push(id);
    return this.cells.some(cell => cell.id === id);
  }

  run(line: string): Promise<string> {
    this.lines.push(line);
    return this.answer;
  }
}
