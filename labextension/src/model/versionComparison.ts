import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ComparisonApi, VersionPair } from '../api/client';
import type {
  DiffResponse,
  FigureResponse,
  StepHistory,
  VersionRow
} from '../contract/wire';
import type { OpenNotebook } from './notebook';
import { problemOf } from './problem';
import type { Problem } from './problem';
import { bringBack, insertSource } from './restoring';
import type { Part, Restoration } from './restoring';

/** The step and the two versions that are compared. */
export type Choice = Omit<VersionPair, 'notebook'>;

/** A figure of both versions, or why it cannot be shown. */
export type ShownFigure = FigureResponse | Problem;

/**
 * What a comparison shows. `steps` is `null` until they were read, `choice` where nothing can be
 * compared, and `answer` until the server has compared them; `outdated` is whether one of the
 * versions was executed since. `figures` are those that were read, by their names; `restored` is
 * what became of a restoration, `failed` why there is none, and `busy` whether one is under way.
 */
export interface ComparisonState {
  readonly notebook: string;
  readonly steps: readonly StepHistory[] | null;
  readonly choice: Choice | null;
  readonly answer: DiffResponse | null;
  readonly outdated: boolean;
  readonly figures: Readonly<Record<string, ShownFigure>>;
  readonly problem: Problem | null;
  readonly restored: Restoration | null;
  readonly failed: Problem | null;
  readonly busy: boolean;
}

/** Gives the notebook that something is restored into, after opening it where it is not open. */
export type Opener = (path: string) => Promise<OpenNotebook>;

/**
 * Two versions of a step side by side; knows neither the DOM nor JupyterLab.
 *
 * Responsibilities: offers the versions that there are, reads what differs between two of them,
 * inside of values and in figures too, and restores either. Answers that arrive after others were
 * chosen are dropped. Where there is no `opener`, nothing can be restored.
 */
export class VersionComparison {
  constructor(
    private readonly api: ComparisonApi,
    notebook: string,
    private readonly opener: Opener | null = null
  ) {
    this.current = {
      notebook,
      steps: null,
      choice: null,
      answer: null,
      outdated: false,
      figures: {},
      problem: null,
      restored: null,
      failed: null,
      busy: false
    };
  }

  /** Emitted after each change of `state`. */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  get state(): ComparisonState {
    return this.current;
  }

  /** Whether a version can be put back from here. */
  get restores(): boolean {
    return this.opener !== null;
  }

  /** Compare two versions; the last two of a step, or of any, where they are not said. */
  async show(wanted: Partial<Choice> = {}): Promise<void> {
    const { notebook } = this.current;
    try {
      const { steps } = await this.api.steps(notebook);
      const choice = chosen(steps, wanted);
      this.update({ steps, restored: null, failed: null, problem: null });
      await this.compare(choice);
    } catch (error) {
      this.update({ problem: problemOf(error) });
    }
  }

  /** Compare others. */
  async choose(change: Partial<Choice>): Promise<void> {
    const { choice, steps } = this.current;
    const another = change.step !== undefined && change.step !== choice?.step;
    const wanted = another ? change : { ...choice, ...change };
    this.update({ restored: null, failed: null });
    await this.compare(chosen(steps ?? [], wanted));
  }

  /** Put what was compared with on the other side. */
  async swap(): Promise<void> {
    const { choice } = this.current;
    if (choice) {
      await this.choose({ before: choice.after, after: choice.before });
    }
  }

  /** Read the versions, and what differs, again. */
  async refresh(): Promise<void> {
    await this.show(this.current.choice ?? {});
  }

  /** Take the versions that are known elsewhere; say so if the compared ones ran again. */
  noteSteps(steps: readonly StepHistory[]): void {
    const { choice, steps: before } = this.current;
    if (before === null || steps === before) {
      return;
    }
    const outdated =
      choice !== null && ran(before, choice) !== ran(steps, choice);
    this.update({ steps, outdated: this.current.outdated || outdated });
    if (choice === null && chosen(steps, {}) !== null) {
      void this.choose({});
    }
  }

  /** Put one of the versions back: its source, what it made, or both. */
  async restore(number: number, part: Part): Promise<void> {
    const { choice, notebook: path } = this.current;
    if (!choice || !this.opener || this.current.busy) {
      return;
    }
    const reference = `${choice.step}@${number}`;
    this.update({
      busy: true,
      failed: null,
      restored: part === 'source' ? null : { kind: 'waiting', reference }
    });
    try {
      const notebook = await this.opener(path);
      const restored =
        part === 'source'
          ? await insertSource(this.api, notebook, choice.step, number)
          : await bringBack(notebook, choice.step, number, part);
      this.update({ restored, busy: false });
    } catch (error) {
      const failed = problemOf(error);
      this.update({ restored: null, failed, busy: false });
    }
  }

  private async compare(choice: Choice | null): Promise<void> {
    const same = sameChoice(choice, this.current.choice);
    this.update({
      choice,
      problem: null,
      outdated: false,
      ...(same ? {} : { answer: null, figures: {} })
    });
    const { choice: mine, notebook } = this.current;
    if (mine === null || mine.before === mine.after) {
      return;
    }
    const pair = { notebook, ...mine };
    try {
      const answer = await this.api.inside(pair);
      if (this.current.choice === mine) {
        this.update({ answer });
        await this.readFigures(pair, mine, answer);
      }
    } catch (error) {
      if (this.current.choice === mine) {
        this.update({ problem: problemOf(error) });
      }
    }
  }

  /** One after the other: they may be large. */
  private async readFigures(
    pair: VersionPair,
    mine: Choice,
    answer: DiffResponse
  ): Promise<void> {
    for (const { name } of answer.contents?.pictures ?? []) {
      const found: ShownFigure = await this.api
        .figure(pair, name)
        .catch(problemOf);
      if (this.current.choice !== mine) {
        return;
      }
      this.update({ figures: { ...this.current.figures, [name]: found } });
    }
  }

  private update(change: Partial<ComparisonState>): void {
    this.current = { ...this.current, ...change };
    this.changes.emit();
  }

  private readonly changes = new Signal<this, void>(this);
  private current: ComparisonState;
}

/**
 * What is compared of what is wanted: versions that there are, those of the first step that has
 * two where none is named. `null` where no step has two versions.
 */
function chosen(
  steps: readonly StepHistory[],
  wanted: Partial<Choice>
): Choice | null {
  const several = steps.filter(step => step.versions.length > 1);
  const found = several.find(step => step.name === wanted.step) ?? several[0];
  const numbers = (found?.versions ?? [])
    .map(row => row.number)
    .sort((one, other) => one - other);
  const latest = numbers.at(-1);
  if (!found || latest === undefined) {
    return null;
  }
  const known = (number: number | undefined): number | undefined =>
    numbers.find(one => one === number);
  const after = known(wanted.after) ?? latest;
  const earlier = numbers.filter(number => number < after).at(-1);
  const before = known(wanted.before) ?? earlier ?? latest;
  return { step: found.name, before, after };
}

/** How often the compared versions were executed, and when last. */
function ran(steps: readonly StepHistory[], choice: Choice): string {
  const rows = steps.find(step => step.name === choice.step)?.versions ?? [];
  return rows
    .filter(({ number }) => [choice.before, choice.after].includes(number))
    .map(row => `${row.number} ${row.executions} ${row.started_at}`)
    .join();
}

function sameChoice(one: Choice | null, other: Choice | null): boolean {
  return (
    one?.step === other?.step &&
    one?.before === other?.before &&
    one?.after === other?.after
  );
}

/** The rows of both versions as they are listed; `undefined` where one is not. */
export function comparedRows({
  steps,
  choice
}: ComparisonState): ReadonlyArray<VersionRow | undefined> {
  const rows = steps?.find(step => step.name === choice?.step)?.versions ?? [];
  return [choice?.before, choice?.after].map(number =>
    rows.find(row => row.number === number)
  );
}
