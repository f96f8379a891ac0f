import { nullTranslator } from '@jupyterlab/translation';
import { act } from 'react';
import * as React from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, describe, expect, it } from 'vitest';

import { AlertList } from '../../src/components/AlertList';
import { SurroundingsContext } from '../../src/components/surroundings';
import type { AlertEvent } from '../../src/contract/wire';
import { addressOf } from '../../src/model/route';
import { ShownAlerts } from '../../src/model/shownAlerts';

const REASON = "flights#3 failed in step 'load': ValueError: no rows";

function alert(change: Partial<AlertEvent> = {}): AlertEvent {
  return {
    id: 'a1',
    kind: 'failed',
    at: '2026-03-01T11:57:00Z',
    notebook: 'in/flights.ipynb',
    pipeline: 'flights',
    version: 2,
    schedule: 1,
    due_at: '2026-03-01T11:00:00Z',
    run: 'flights#3',
    message: REASON,
    count: 1,
    since: '2026-03-01T11:00:00Z',
    ...change
  };
}

const host = document.createElement('div');
document.body.append(host);
const root = createRoot(host);
afterEach(() => act(() => root.render(null)));

const LANGUAGE = {
  trans: nullTranslator.load('nbmlops'),
  locale: 'en',
  now: 0,
  outside: true
};

function shown(...events: AlertEvent[]): ShownAlerts {
  const alerts = new ShownAlerts();
  events.forEach(event => alerts.add(event));
  act(() =>
    root.render(
      <SurroundingsContext.Provider value={LANGUAGE}>
        <AlertList alerts={alerts.all} onClose={id => alerts.close(id)} />
      </SurroundingsContext.Provider>
    )
  );
  return alerts;
}

const texts = (selector: string): (string | null)[] =>
  [...host.querySelectorAll(selector)].map(found => found.textContent);

describe('the alerts of a page', () => {
  it('say why, newest first, and lead to where more is to be seen', () => {
    shown(
      alert(),
      alert({ id: 'a2', kind: 'late', run: 'flights#4', message: '' }),
      alert({ id: 'a3', kind: 'paused', run: null, message: 'No data.' })
    );
    expect(texts('li > span')).toEqual([
      'Schedule 1: flights@2 is paused. No data.',
      'Schedule 1: flights#4 has missed its deadline.',
      `Schedule 1: ${REASON}`
    ]);
    expect(texts('a')).toEqual(['Show schedules', 'Open run', 'Open run']);
    const notebook = 'in/flights.ipynb';
    const links = [...host.querySelectorAll('a')];
    expect(links.map(link => link.getAttribute('href'))).toEqual([
      addressOf({ page: 'schedules', notebook }),
      addressOf({ page: 'log', notebook, run: 'flights#4' }),
      addressOf({ page: 'report', notebook, run: 'flights#3' })
    ]);
  });

  it('are told once, are those of a channel, and go when they are closed', () => {
    const alerts = shown(
      alert(),
      alert(),
      alert({ id: 'a2', kind: 'succeeded' })
    );
    expect(texts('li')).toHaveLength(1);
    act(() => host.querySelector('button')?.click());
    expect(alerts.all).toEqual([]);
  });

  it('are no more than five', () => {
    const alerts = new ShownAlerts();
    for (let number = 0; number < 7; number++) {
      alerts.add(alert({ id: `a${number}` }));
    }
    const left = alerts.all.map(({ event }) => event.id);
    expect(left).toEqual(['a6', 'a5', 'a4', 'a3', 'a2']);
  });
});
