import type { ExecutionsApi, ExecutionsQuestion } from '../api/client';
import type {
  ExecutionRow,
  ExecutionsResponse,
  VersionDiff
} from '../contract/wire';
import { compared } from './executionPair';
import { NO_ROWS, PagedTable } from './pagedTable';
import type { PagedState, Place } from './pagedTable';

/** Which executions are listed, and in which order. */
export type Choice = Omit<ExecutionsQuestion, keyof Place>;

/** What differs between the versions of two executions; `null` until it is read. */
export interface Comparison {
  readonly pair: readonly [ExecutionRow, ExecutionRow];
  readonly diff: VersionDiff | null;
}

/** What the table shows. */
export interface TableState extends PagedState<ExecutionRow, Choice> {
  readonly comparison: Comparison | null;
}

/**
 * The executions of a project's steps.
 */
export class ExecutionTable extends PagedTable<
  ExecutionRow,
  Choice,
  ExecutionsResponse,
  TableState
> {
  constructor(
    private readonly api: ExecutionsApi,
    choice: Choice
  ) {
    super({ ...NO_ROWS, comparison: null, choice });
  }

  override toggle(row: ExecutionRow): void {
    this.state = { ...this.state, comparison: null };
    super.toggle(row);
  }

  /** Put the two that are chosen side by side, the older one first. */
  async compare(): Promise<void> {
    const pair = compared(this.state.selected);
    if (!pair) {
      return;
    }
    const comparison: Comparison = { pair: pair.rows, diff: null };
    this.change({ comparison, problem: null });
    if (pair.versions) {
      const { notebook, step, before, after } = pair.versions;
      await this.guarded(async () => {
        const { diff } = await this.api.diff(notebook, step, before, after);
        if (this.state.comparison === comparison) {
          this.change({ comparison: { ...comparison, diff } });
        }
      });
    }
  }

  /** Put the comparison away. */
  closeComparison(): void {
    this.change({ comparison: null });
  }

  /** Something was recorded of a notebook: say so if the table has its executions. */
  noteRecorded(notebook: string, execution: number): void {
    const mine =
      notebook === this.state.choice.at ||
      this.known.some(row => row.notebook === notebook);
    if (mine && this.newest !== null && execution > this.newest) {
      this.change({ outdated: true });
    }
  }

  protected override ask(
    choice: Choice,
    place: Place
  ): Promise<ExecutionsResponse> {
    return this.api.executions({ ...choice, ...place });
  }

  protected override told(): Partial<TableState> {
    return {};
  }
}
