/**
 * The notebook that is open, as far as the panel needs it.
 */
export interface OpenNotebook {
  /** Its path, relative to the server's root. */
  readonly path: string;

  /** The name of each cell that is a step, in notebook order; a name may come twice. */
  stepNames(): string[];

  /**
   * Insert a code cell below the last cell of that step, or at the end where there is none.
   *
   * Returns whether it was inserted: a read-only notebook refuses. The user can undo it.
   */
  insertBelow(step: string, source: string): boolean;
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
