import type { ProjectRunsApi, RunsQuestion } from '../api/client';
import type { PipelineRunsResponse, Run, RunDiff } from '../contract/wire';
import { brushed, inOrder, isNarrowed, within } from './brushes';
import type { Brushes, Range } from './brushes';
import { NO_ROWS, PagedTable } from './pagedTable';
import type { PagedState, Place, Plot } from './pagedTable';
import { parallelOf } from './parallel';
import type { Parallel } from './parallel';
import { reference } from './progress';

/** Which runs are listed, and in which order. */
export type RunChoice = Omit<RunsQuestion, keyof Place>;

/** Two runs, the older one first; what differs is `null` until it is read. */
export interface RunComparison {
  readonly pair: readonly [Run, Run];
  readonly diff: RunDiff | null;
}

/**
 * What the table shows; `parameters` and `outputs` are names that runs have, `brushes` the ranges
 * of the plot's axes to which it is narrowed.
 */
export interface RunTableState extends PagedState<Run, RunChoice> {
  readonly brushes: Brushes;
  readonly parameters: readonly string[];
  readonly outputs: readonly string[];
  readonly comparison: RunComparison | null;
}

/**
 * The runs of a project's pipelines. While ranges are chosen on the axes of the plot, those of the
 * plotted runs are listed that lie in them.
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
    super({ ...NO_ROWS, ...names, comparison: null, brushes: {}, choice });
  }

  override row(index: number): Run | undefined {
    const { narrowed } = this;
    return narrowed ? narrowed[index] : super.row(index);
  }

  override get count(): number | null {
    return this.narrowed?.length ?? super.count;
  }

  override want(first: number, last: number): void {
    if (this.narrowed === null) {
      super.want(first, last);
    }
  }

  /** What is plotted, as it is drawn; `null` where nothing is. */
  get parallel(): Parallel | null {
    const { plot, parameters } = this.state;
    if (this.drawn.plot !== plot || this.drawn.parameters !== parameters) {
      const parallel = plot && parallelOf(plot.rows, parameters, plot.metric);
      this.drawn = { plot, parameters, parallel };
    }
    return this.drawn.parallel;
  }

  /** The runs that lie in the ranges, in the order of the list; `null` where none are chosen. */
  get narrowed(): readonly Run[] | null {
    const { brushes, choice } = this.state;
    const { parallel, listed } = this;
    if (
      listed.parallel !== parallel ||
      listed.brushes !== brushes ||
      listed.choice !== choice
    ) {
      const runs =
        parallel && isNarrowed(parallel, brushes)
          ? inOrder(
              within(parallel, brushes).map(line => line.run),
              choice
            )
          : null;
      this.listed = { parallel, brushes, choice, runs };
    }
    return this.listed.runs;
  }

  /** List what lies in a range of an axis of the plot only; of all of it for `null`. */
  brush(axis: string, range: Range | null): void {
    this.change({ brushes: brushed(this.state.brushes, axis, range) });
  }

  /** List all again. */
  clearBrushes(): void {
    this.change({ brushes: {} });
  }

  override async showMetric(metric: string | null): Promise<void> {
    if (metric === null) {
      this.clearBrushes();
    }
    await super.showMetric(metric);
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

  private drawn: {
    readonly plot: Plot<Run> | null;
    readonly parameters: readonly string[];
    readonly parallel: Parallel | null;
  } = { plot: null, parameters: [], parallel: null };
  private listed: {
    readonly parallel: Parallel | null;
    readonly brushes: Brushes;
    readonly choice: RunChoice;
    readonly runs: readonly Run[] | null;
  } = { parallel: null, brushes: {}, choice: { at: '' }, runs: null };

  protected override told(found: PipelineRunsResponse): Partial<RunTableState> {
    const { parameters, outputs } = found;
    return { parameters: parameters ?? [], outputs: outputs ?? [] };
  }
}
