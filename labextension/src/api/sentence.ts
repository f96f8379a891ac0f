/**
 * A sentence of the front end's own that is translated where it is shown; written out, it is
 * English. `%1` stands for the first of its facts.
 */
export class Sentence {
  constructor(
    readonly text: string,
    readonly facts: readonly string[] = []
  ) {}

  toString(): string {
    return this.text.replace(
      /%(\d+)/g,
      (_, place: string) => this.facts[Number(place) - 1] ?? ''
    );
  }
}

/** Say something where no translation is at hand yet. */
export function said(text: string, ...facts: string[]): Sentence {
  return new Sentence(text, facts);
}
