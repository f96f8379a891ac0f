import { UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import type { Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ApiError } from '../../src/api/client';
import { RunFormView } from '../../src/components/RunFormView';
import { RunForm } from '../../src/model/runForm';
import { MemoryFormApi } from '../formFixtures';

const SCHEMA = {
  type: 'object',
  properties: {
    month: {
      type: 'integer',
      minimum: 1,
      maximum: 12,
      description: 'Which month',
      default: 7
    },
    title: { type: 'string', default: 'Flights' }
  }
};

let host: HTMLElement;
let root: Root;
let api: MemoryFormApi;
let form: RunForm;

beforeEach(() => {
  host = document.body.appendChild(document.createElement('div'));
  root = createRoot(host);
  api = new MemoryFormApi();
  form = new RunForm(api, 'flights.ipynb', 'flights@2', SCHEMA);
  act(() =>
    root.render(
      <UseSignal signal={form.changed}>
        {() => <RunFormView form={form} />}
      </UseSignal>
    )
  );
});

afterEach(() => {
  act(() => root.unmount());
  host.remove();
});

function control(name: string): HTMLInputElement {
  const found = host.querySelector<HTMLInputElement>(`[aria-label="${name}"]`);
  expect(found, name).not.toBeNull();
  return found as HTMLInputElement;
}

/** Type into a field as a browser does. */
function type(name: string, text: string): void {
  const value = Object.getOwnPropertyDescriptor(
    HTMLInputElement.prototype,
    'value'
  );
  act(() => {
    value?.set?.call(control(name), text); // which React does not notice
    control(name).dispatchEvent(new Event('input', { bubbles: true }));
  });
}

describe('the parameters of a run', () => {
  it('are sent as they are typed, also where a field is emptied', async () => {
    type('month', '3');
    await act(() => form.submit());
    type('month', '');
    expect(control('month').value).toBe('');
    await act(() => form.submit());
    type('month', '7');
    type('title', '');
    await act(() => form.submit());
    expect(api.asked).toEqual([
      'run flights@2 {"month":3}',
      'run flights@2 {"month":""}',
      'run flights@2 {"title":""}'
    ]);
  });

  it('say in which limits they are before somebody types', () => {
    expect(host.textContent).toContain('Which month (from 1 to 12)');
  });

  it('say once why one was refused, to the ear at once', async () => {
    const [message, cure] = ["'month' is from 1 to 12.", 'Write month=1.'];
    api.refusal = new ApiError(message, cure, 400, 'parameters.month');
    type('month', '13');
    await act(() => form.submit());
    const said = [...host.querySelectorAll('p, li')].filter(
      one => one.textContent === message && !one.closest('.nbm-Hidden')
    );
    expect(said).toHaveLength(1);
    expect(host.querySelector('[role=alert]')?.textContent).toBe(message);
    expect(host.textContent).not.toContain(cure);
    expect(control('month').getAttribute('aria-invalid')).toBe('true');
    expect(control('title').getAttribute('aria-invalid')).toBe('false');
  });
});
