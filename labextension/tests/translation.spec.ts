/// <reference types="vite/client" />
import * as ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SOURCES = import.meta.glob<string>('../src/**/*.{ts,tsx}', {
  query: '?raw',
  import: 'default',
  eager: true
});
const SCHEMAS = import.meta.glob<string>('../schema/*.json', {
  query: '?raw',
  import: 'default',
  eager: true
});
const TRANSLATIONS = import.meta.glob<string>(
  '../../nbmlops/locale/*/LC_MESSAGES/nbmlops.json',
  { query: '?raw', import: 'default', eager: true }
);

/** What says a text that is translated later; see `Sentence`. */
const LATER = 'said';

/** What is asked of a bundle: `__` and, for one and many, `_n`. */
const METHODS: ReadonlyMap<string, number> = new Map([
  ['__', 1],
  ['_n', 2]
]);

/** A text of the front end, and where it has one, its plural. */
type Text = readonly string[];

function textsIn(name: string, source: string): Text[] {
  const found: Text[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression)
    ) {
      const count = METHODS.get(node.expression.name.text);
      if (count) {
        found.push(node.arguments.slice(0, count).map(text => literal(text)));
      }
    }
    if (
      ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === LATER
    ) {
      found.push(node.arguments.slice(0, 1).map(text => literal(text)));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true));
  return found;
}

function literal(text: ts.Expression): string {
  if (ts.isStringLiteralLike(text)) {
    return text.text;
  }
  throw new Error(`A text must be written where it is used: ${text.getText()}`);
}

function placeholders(text: string): string {
  return [...new Set(text.match(/%\d/g) ?? [])].sort().join(' ');
}

interface Setting {
  readonly title: string;
  readonly description: string;
  readonly properties?: Readonly<Record<string, Setting>>;
}

/** What the settings editor shows, as JupyterLab looks for it; others are not in the editor. */
function textsOfSettings(schema: Setting): Text[] {
  const properties = Object.values(schema.properties ?? {});
  const inside = properties.flatMap(one => textsWithin('settings', one));
  return inside.length > 0 ? [...textsWithin('schema', schema), ...inside] : [];
}

function textsWithin(context: string, { title, description }: Setting): Text[] {
  return [title, description].map(text => [`${context}\u0004${text}`]);
}

const texts = new Map(
  [
    ...Object.entries(SOURCES).flatMap(([name, source]) =>
      textsIn(name, source)
    ),
    ...Object.values(SCHEMAS).flatMap(schema =>
      textsOfSettings(JSON.parse(schema) as Setting)
    )
  ].map(text => [text[0] ?? '', text])
);

describe.each(Object.entries(TRANSLATIONS))('%s', (_, written) => {
  const { '': head, ...translated } = JSON.parse(written) as Record<
    string,
    Text
  > & { '': Record<string, string> };

  it('has each text of the front end', () => {
    expect([...texts.keys()].filter(text => !(text in translated))).toEqual([]);
  });

  it('has no text that nobody says any more', () => {
    expect(Object.keys(translated).filter(text => !texts.has(text))).toEqual(
      []
    );
  });

  it('has one and many where the front end has', () => {
    for (const [key, text] of texts) {
      expect(translated[key]?.length, key).toBe(text.length);
    }
  });

  it('puts in what the front end puts in', () => {
    for (const [key, text] of texts) {
      const all = text.map(placeholders).join(' ');
      expect((translated[key] ?? []).map(placeholders).join(' '), key).toBe(
        all
      );
      expect(
        translated[key]?.every(words => words.trim() !== ''),
        key
      ).toBe(true);
    }
  });

  it('says to JupyterLab what it is', () => {
    expect(head.domain).toBe('nbmlops');
    expect(head.language).toMatch(/^[a-z]{2}-[A-Z]{2}$/);
    expect(head.plural_forms).toContain('nplurals=2');
  });
});
