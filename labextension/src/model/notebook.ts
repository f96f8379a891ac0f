import type { Sentence } from '../api/sentence';

/**
 * A cell that is a step. `edited` is whether it differs both from the file and from how it ran.
 * `problem` is why the label that it has makes it none, `step` then what was typed for a name.
 */
export interface StepCell {
  readonly id: string;
  readonly step: string;
  readonly edited: boolean;
  readonly problem?: Sentence | null;
}

/**
 * A notebook that is open, as far as we need it.
 */
export interface OpenNotebook {
  /** Its path, relative to the server's root; another one once it was moved. */
  readonly path: string;

  /** The cells that are steps, or are meant to be, in notebook order; several may have one name. */
  stepCells(): StepCell[];

  /** Whether some cell was edited, added, moved or deleted that has neither run nor been saved. */
  ahead(): boolean;

  /** Whether its cells were edited, added, moved or deleted since it was saved. */
  edited(): boolean;

  /** The name of each cell that is a step, in notebook order; a name may come twice. */
  stepNames(): string[];

  /**
   * Insert a code cell below the last cell of that step, or at the end where there is none.
   *
   * Returns whether it was inserted: a read-only notebook refuses. The user can undo it.
   */
  insertBelow(step: string, source: string): boolean;

  /**
   * Make the cell of a step active and scroll to it; of several, the first.
   *
   * Returns whether there is one.
   */
  showStep(step: string): boolean;

  /** Make the cell with that id active and scroll to it; returns whether there is one. */
  showCell(id: string): boolean;

  /**
   * Run a line in its kernel, as no cell of it: no output, number or edit is left in the notebook.
   *
   * Resolves with what it answered, as text; rejects with a `KernelError`. A cell that it offers
   * as the next one is inserted below that of `step`, unless this is the same.
   */
  run(line: string, step?: string): Promise<string>;

  /**
   * Ask the kernel itself to put the source or the values of a version back, where it takes no
   * lines and no cell can be inserted from here.
   *
   * Resolves with what it answered, as text; rejects with an `ApiError`.
   */
  putBack?(
    step: string,
    number: number,
    part: 'source' | 'values'
  ): Promise<string>;
}

/**
 * What a kernel refused, or that there is none: one sentence and, where there is one, its cure.
 */
export class KernelError extends Error {
  constructor(
    readonly sentence: string | Sentence,
    readonly cure: string | Sentence | null
  ) {
    super(String(sentence));
  }
}

/**
 * The items in notebook order; what is no longer in the notebook comes last, in its own order.
 */
export function inNotebookOrder<T extends { readonly name: string }>(
  items: readonly T[],
  names: readonly string[]
): T[] {
  const rank = (item: T): number => {
    const position = names.indexOf(item.name);
    return position === -1 ? names.length : position;
  };
  return [...items].sort((one, other) => rank(one) - rank(other));
}
