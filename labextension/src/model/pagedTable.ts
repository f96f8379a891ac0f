import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { NotFinite } from '../contract/wire';
import type { Problem } from './problem';
import { problemOf } from './problem';

/** Rows that are asked for at once. */
export const PAGE = 100;

/** Pages that are kept; those farthest from what is looked at go first. */
const KEPT = 60;

/** Rows that a plot shows at most: the newest ones. */
const PLOTTED = 500;

/** What is sorted by name, and so from the front of the alphabet at first. */
const NAMES: readonly (string | undefined)[] = ['step', 'pipeline'];

/** What rows of all tables have. */
export interface Listed {
  readonly id: number;
  readonly metrics: Readonly<Record<string, number | NotFinite>>;
}

/** Which rows are listed, and in which order. */
export interface Order {
  readonly at: string;
  readonly sort?: string | undefined;
  readonly descending?: boolean | undefined;
  readonly metric?: string | undefined;
}

/** From where on rows are asked for, and how many. */
export interface Place {
  readonly upto?: number | undefined;
  readonly after?: string | undefined;
  readonly skip?: number | undefined;
  readonly limit?: number | undefined;
}

/** What the server answers. */
export interface Page<Row> {
  readonly recorded: boolean;
  readonly rows: readonly Row[];
  readonly total: number | null;
  readonly newest: number;
  readonly after: string | null;
  readonly metrics: readonly string[] | null;
}

/** A metric over rows, oldest first. */
export interface Plot<Row> {
  readonly metric: string;
  readonly rows: readonly Row[];
}

/**
 * What every table shows. `total` is `null` until the first page has come; `recorded` is false
 * where nothing was ever recorded in the project; `outdated` says that something was recorded
 * since; at most two rows are * `selected`.
 */
export interface PagedState<Row, Choice> {
  readonly choice: Choice;
  readonly recorded: boolean;
  readonly total: number | null;
  readonly metrics: readonly string[];
  readonly selected: readonly Row[];
  readonly plot: Plot<Row> | null;
  readonly outdated: boolean;
  readonly problem: Problem | null;
}

export const NO_ROWS = {
  recorded: true,
  total: null,
  metrics: [],
  selected: [],
  plot: null,
  outdated: false,
  problem: null
} as const;

/**
 * A long list, of which it has the pages that were looked at; knows no DOM.
 *
 * Responsibilities: asks for pages by the place behind one that it has, keeps the list as it was
 * when it was first asked for, and drops answers to questions that are no longer asked.
 */
export abstract class PagedTable<
  Row extends Listed,
  Choice extends Order,
  Found extends Page<Row>,
  State extends PagedState<Row, Choice>
> {
  constructor(state: State) {
    this.state = state;
  }

  /** What is shown. */
  state: State;

  /** Ask the server for a page. */
  protected abstract ask(choice: Choice, place: Place): Promise<Found>;

  /** What a first page tells besides its rows. */
  protected abstract told(found: Found): Partial<State>;

  /** Emitted after each change of `state`, and when rows have come. */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  /** A row by its place in the list; `undefined` until it has come. */
  row(index: number): Row | undefined {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** How many rows are listed; `null` until that is known. */
  get count(): number | null {
    return this.state.total;
  }

  /** All rows that it has. */
  get known(): readonly Row[] {
    return [...this.pages.values()].flat();
  }

  /** Ask anew, from the first page. */
  async refresh(): Promise<void> {
    this.age += 1;
    this.pages.clear();
    this.places.clear();
    this.asked.clear();
    this.newest = null;
    const { plot } = this.state;
    const { recorded, total, outdated, problem } = NO_ROWS;
    this.state = { ...this.state, recorded, total, outdated, problem };
    this.changes.emit();
    await this.load(0);
    if (plot) {
      await this.showMetric(plot.metric);
    }
  }

  /** List others, or in another order. */
  choose(change: Partial<Choice>): Promise<void> {
    this.state = { ...this.state, choice: { ...this.state.choice, ...change } };
    return this.refresh();
  }

  /** Sort by a column; by the one by which it is sorted already, the other way round. */
  sortBy(sort: Choice['sort'], metric?: string): void {
    const { choice } = this.state;
    const same = choice.sort === sort && choice.metric === metric;
    const descending = same ? !choice.descending : !NAMES.includes(sort);
    const change: Partial<Order> = { sort, metric, descending };
    void this.choose(change as Partial<Choice>);
  }

  /** Have the rows from one to another, which are in sight. */
  want(first: number, last: number): void {
    const total = this.state.total ?? 0;
    const from = Math.floor(Math.max(0, first) / PAGE);
    const to = Math.floor(Math.min(last, total - 1) / PAGE);
    for (let page = from; page <= to; page++) {
      if (!this.pages.has(page) && !this.asked.has(page)) {
        void this.load(page);
      }
    }
    this.forget((from + to) / 2);
  }

  /** Choose a row for a comparison, or give it up; the third takes the place of the first. */
  toggle(row: Row): void {
    const others = this.state.selected.filter(one => one.id !== row.id);
    const selected =
      others.length < this.state.selected.length
        ? others
        : [...others.slice(-1), row];
    this.change({ selected } as unknown as Partial<State>);
  }

  /** Plot a metric over the newest rows that are chosen and have it, or none. */
  async showMetric(metric: string | null): Promise<void> {
    if (metric === null) {
      this.change({ plot: null } as unknown as Partial<State>);
      return;
    }
    const age = this.age;
    const order: Order = {
      ...this.state.choice,
      metric,
      sort: 'recorded',
      descending: true
    };
    await this.guarded(async () => {
      const found = await this.ask(order as Choice, {
        limit: PLOTTED,
        upto: this.newest ?? undefined
      });
      if (this.age === age) {
        const plot: Plot<Row> = { metric, rows: [...found.rows].reverse() };
        this.change({ plot } as unknown as Partial<State>);
      }
    });
  }

  /** The newest row that the list reaches up to; `null` until that is known. */
  protected newest: number | null = null;

  protected async guarded(request: () => Promise<void>): Promise<void> {
    const age = this.age;
    try {
      await request();
    } catch (error) {
      if (this.age === age) {
        const problem = problemOf(error);
        this.change({ problem } as unknown as Partial<State>);
      }
    }
  }

  protected change(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    this.changes.emit();
  }

  /** A page, by the nearest place before it that is known. */
  private async load(page: number): Promise<void> {
    const age = this.age;
    this.asked.add(page);
    let behind = page;
    while (behind > 0 && !this.places.has(behind)) {
      behind -= 1;
    }
    await this.guarded(async () => {
      const found = await this.ask(this.state.choice, {
        limit: PAGE,
        skip: (page - behind) * PAGE,
        upto: this.newest ?? undefined,
        after: this.places.get(behind)
      });
      if (this.age === age) {
        this.keep(page, found);
      }
    });
    if (this.age === age) {
      this.asked.delete(page);
    }
  }

  private keep(page: number, found: Found): void {
    this.pages.set(page, found.rows);
    if (found.after !== null) {
      this.places.set(page + 1, found.after);
    }
    this.newest ??= found.newest;
    this.state = {
      ...this.state,
      recorded: found.recorded,
      total: found.total ?? this.state.total,
      metrics: found.metrics ?? this.state.metrics
    };
    this.change(found.total === null ? {} : this.told(found));
  }

  private forget(middle: number): void {
    const far = [...this.pages.keys()].sort(
      (a, b) => Math.abs(b - middle) - Math.abs(a - middle)
    );
    for (const page of far.slice(0, Math.max(0, far.length - KEPT))) {
      this.pages.delete(page);
    }
  }

  private readonly changes = new Signal<this, void>(this);
  private readonly pages = new Map<number, readonly Row[]>();
  private readonly places = new Map<number, string>();
  private readonly asked = new Set<number>();
  private age = 0;
}
