import type { ProjectRunsApi, RunsQuestion } from '../api/client';
import type { PipelineRunsResponse, Run, RunDiff } from '../contract/wire';
import { NO_ROWS, PagedTable } from './pagedTable';
import type { PagedState, Place } from './pagedTable';
import { reference } from './progress';

/** Which runs are listed, and in which order. */
export type RunChoice = Omit<RunsQuestion, keyof Place>;

/** Two runs, the older one first; what differs is `null` until it is read. */
export interface RunComparison {
  readonly pair: readonly [Run, Run];
  readonly diff: RunDiff | null;
}

/** What the table shows; `parameters` and `outputs` are names that runs have. */
export interface RunTableState extends PagedState<Run, RunChoice> {
  readonly parameters: readonly string[];
  readonly outputs: readonly string[];
  readonly comparison: RunComparison | null;
}

/**
 * The runs of a project's pipelines.
 */
export class RunTable extends PagedTable<
  Run,
  RunChoice,
  PipelineRunsResponse,
  RunTableState
> {
  constructor(
    private readonly api: ProjectRunsApi,
    choice: RunChoice
  ) {
    const names = { parameters: [], outputs: [] };
    super({ ...NO_ROWS, ...names, comparison: null, choice });
  }

  override toggle(row: Run): void {
    this.state = { ...this.state, comparison: null };
    super.toggle(row);
  }

  /** Put the two that are chosen side by side, the older one first. */
  async compare(): Promise<void> {
    const [before, after] = [...this.state.selected].sort(
      (a, b) => a.id - b.id
    );
    if (!before || !after) {
      return;
    }
    const comparison: RunComparison = { pair: [before, after], diff: null };
    this.change({ comparison, problem: null });
    await this.guarded(async () => {
      const { diff } = await this.api.runDiff(
        this.state.choice.at,
        reference(before),
        reference(after)
      );
      if (this.state.comparison === comparison) {
        this.change({ comparison: { ...comparison, diff } });
      }
    });
  }

  /** Put the comparison away. */
  closeComparison(): void {
    this.change({ comparison: null });
  }

  /** A run of a notebook of the project has begun or ended. */
  noteRun(notebook: string): void {
    const { at } = this.state.choice;
    const folder = at.endsWith('.ipynb')
      ? at.slice(0, at.lastIndexOf('/') + 1)
      : at && `${at}/`;
    if (this.newest !== null && notebook.startsWith(folder)) {
      this.change({ outdated: true });
    }
  }

  protected override ask(
    choice: RunChoice,
    place: Place
  ): Promise<PipelineRunsResponse> {
    return this.api.pipelineRuns({ ...choice, ...place });
  }

  protected override told(found: PipelineRunsResponse): Partial<RunTableState> {
    const { parameters, outputs } = found;
    return { parameters: parameters ?? [], outputs: outputs ?? [] };
  }
}
