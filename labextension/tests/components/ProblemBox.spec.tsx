import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import type { Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ApiError } from '../../src/api/client';
import { said } from '../../src/api/sentence';
import { ProblemBox } from '../../src/components/ProblemBox';
import { SurroundingsContext } from '../../src/components/surroundings';
import { problemOf } from '../../src/model/problem';
import { translatorOf } from '../../src/page/translator';

const GERMAN = {
  '': { domain: 'nbmlops', language: 'de-DE', plural_forms: 'nplurals=2;' },
  'The server answered %1.': ['Der Server hat mit %1 geantwortet.']
};
const GONE = new ApiError(
  said('The server answered %1.', '502 Bad Gateway'),
  null,
  502,
  null,
  'GET http://localhost:8888/nbmlops/api/runs?notebook=a.ipynb'
);

let host: HTMLElement;
let root: Root;

beforeEach(() => {
  host = document.body.appendChild(document.createElement('div'));
  root = createRoot(host);
});

afterEach(() => {
  act(() => root.unmount());
  host.remove();
  vi.unstubAllGlobals();
});

function show(error: unknown, trans?: TranslationBundle): void {
  const problem = problemOf(error);
  const box = <ProblemBox problem={problem} />;
  const surroundings = trans && { trans, locale: 'de', now: 0 };
  act(() =>
    root.render(
      surroundings ? (
        <SurroundingsContext.Provider value={surroundings}>
          {box}
        </SurroundingsContext.Provider>
      ) : (
        box
      )
    )
  );
}

async function copy(): Promise<void> {
  await act(async () => {
    host.querySelector('button')?.click();
    await Promise.resolve();
  });
}

describe('what went wrong', () => {
  it('is said with its cure', () => {
    show(new ApiError('The store is locked.', 'Try again.', 503));
    const said = [...host.querySelectorAll('p')].map(one => one.textContent);
    expect(said).toEqual(['The store is locked.', 'Try again.']);
  });

  it('is said in the language of the reader', async () => {
    const trans = (await translatorOf('de_DE', GERMAN)).load('nbmlops');
    show(GONE, trans);
    expect(host.querySelector('p')?.textContent).toBe(
      'Der Server hat mit 502 Bad Gateway geantwortet.'
    );
  });

  it('has details that are copied for a report, in English', async () => {
    const written: string[] = [];
    const writeText = (text: string): Promise<void> => {
      written.push(text);
      return Promise.resolve();
    };
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    show(GONE);
    await copy();
    const [first, second, third] = written.join('').split('\n');
    expect(first).toBe('The server answered 502 Bad Gateway.');
    expect(second).toBe(`${GONE.asked} (502)`);
    expect(third).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(host.querySelector('[role=status]')?.textContent).toBe('Copied.');
  });

  it('is marked to be copied by hand where the browser refuses', async () => {
    vi.stubGlobal('navigator', {});
    document.execCommand = () => false;
    show(new TypeError('x is not a function'));
    await copy();
    const marked = window.getSelection()?.toString();
    expect(marked).toContain('x is not a function');
    expect(host.querySelector('[role=status]')?.textContent).toBe('');
  });
});
