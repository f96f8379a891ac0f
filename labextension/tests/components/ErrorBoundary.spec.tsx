import * as React from 'react';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import type { Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ErrorBoundary } from '../../src/components/ErrorBoundary';
import { fetched } from '../../src/components/fetched';

let host: HTMLElement;
let root: Root;

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {}); // React tells it as well
  host = document.body.appendChild(document.createElement('div'));
  root = createRoot(host);
});

afterEach(() => {
  act(() => root.unmount());
  host.remove();
  vi.restoreAllMocks();
});

function button(label: string): HTMLElement {
  const all = [...host.querySelectorAll('button')];
  const found = all.find(one => one.textContent === label);
  expect(found, label).toBeDefined();
  return found as HTMLElement;
}

async function draw(shown: React.ReactNode): Promise<void> {
  await act(async () => {
    root.render(shown);
    await Promise.resolve();
  });
}

async function press(label: string): Promise<void> {
  await act(async () => {
    button(label).click();
    await Promise.resolve();
  });
}

/** Draws as long as nothing is wrong. */
function Fragile({ wrong }: { readonly wrong: () => boolean }): string {
  if (wrong()) {
    throw new TypeError('rows is undefined');
  }
  return 'all is well';
}

describe('a part that is fetched', () => {
  it('says that it could not be loaded, and is fetched again when it is asked for', async () => {
    const away = new Error('Loading chunk 7 failed.');
    const load = vi
      .fn<() => Promise<React.ComponentType<{ readonly name: string }>>>()
      .mockRejectedValueOnce(away)
      .mockResolvedValue(({ name }) => <p>Here is {name}</p>);
    const Part = fetched(load);
    await draw(<Part name="train" />);
    const box = host.querySelector('[role=alert]');
    expect(box?.textContent).toContain(
      'A part of nbmlops could not be loaded.'
    );
    expect(box?.textContent).toContain('reload the page');
    expect(host.querySelector('pre')?.textContent).toContain(
      'Loading chunk 7 failed.'
    );
    button('Reload the page');
    await press('Try again');
    expect(host.textContent).toBe('Here is train');
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('is fetched again with all others that could not be', async () => {
    let away = true;
    const load = (name: string) => () =>
      away
        ? Promise.reject(new Error('Failed to fetch.'))
        : Promise.resolve(() => <p>{name}</p>);
    const [Steps, Runs] = [fetched(load('Steps')), fetched(load('Runs'))];
    await draw(
      <>
        <Steps />
        <Runs />
        <ErrorBoundary>
          <Fragile wrong={() => true} />
        </ErrorBoundary>
      </>
    );
    expect(host.querySelectorAll('[role=alert]')).toHaveLength(3);
    away = false;
    await press('Try again');
    const left = [...host.querySelectorAll('[role=alert]')];
    expect(host.textContent).toContain('StepsRuns');
    expect(left.map(one => one.textContent)).toEqual([
      expect.stringContaining('This cannot be shown') as string
    ]);
  });

  it('is fetched once, however often it is drawn, and says what is waited for', async () => {
    let give: (part: React.ComponentType<object>) => void = () => {};
    const load = vi.fn(
      () =>
        new Promise<React.ComponentType<object>>(resolve => (give = resolve))
    );
    const Part = fetched(load, { waiting: () => 'Loading' });
    await draw(<Part />);
    expect(host.textContent).toBe('Loading');
    await act(async () => {
      give(() => <p>Here</p>);
      await Promise.resolve();
    });
    await draw(null);
    await draw(<Part />);
    expect(host.textContent).toBe('Here');
    expect(load).toHaveBeenCalledTimes(1);
  });
});

describe('what throws while it is drawn', () => {
  it('leaves no empty place, and nothing else around it is lost', async () => {
    let broken = true;
    await draw(
      <>
        <p>Around</p>
        <ErrorBoundary>
          <Fragile wrong={() => broken} />
        </ErrorBoundary>
      </>
    );
    expect(host.textContent).toContain('Around');
    const told = host.querySelector('[role=alert]')?.textContent;
    expect(told).toContain(
      'This cannot be shown: TypeError: rows is undefined'
    );
    const details = host.querySelector('pre')?.textContent;
    expect(details).toMatch(/rows is undefined[^]*Fragile/);
    await press('Try again');
    expect(host.querySelector('[role=alert]')).not.toBeNull();
    broken = false;
    await press('Try again');
    expect(host.textContent).toBe('Aroundall is well');
  });

  it('is tried anew by itself where something else is to be shown', async () => {
    const shown = (of: string): React.JSX.Element => (
      <ErrorBoundary of={of}>
        <Fragile wrong={() => of === 'a.ipynb'} />
      </ErrorBoundary>
    );
    await draw(shown('a.ipynb'));
    await draw(shown('a.ipynb'));
    expect(host.textContent).toContain('This cannot be shown');
    await draw(shown('b.ipynb'));
    expect(host.textContent).toBe('all is well');
  });
});
