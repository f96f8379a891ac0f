import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import schema from '../../schema/alerts.json';
import type { AlertEvent } from '../../src/contract/wire';
import { Alerts, choicesOf, USUAL } from '../../src/model/alerts';
import { AlertNotices } from '../../src/panels/alertNotices';

const REASON = "flights#3 failed in step 'load': ValueError: no rows";

function alert(change: Partial<AlertEvent> = {}): AlertEvent {
  return {
    id: 'a1',
    kind: 'failed',
    at: '2026-03-01T11:57:00Z',
    notebook: 'flights.ipynb',
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

/** What the browser was told; it is a browser's own class that jsdom has not. */
class BrowserNotification {
  static permission: NotificationPermission = 'granted';
  static readonly told: BrowserNotification[] = [];
  static asked = 0;

  static requestPermission(): Promise<NotificationPermission> {
    BrowserNotification.asked += 1;
    BrowserNotification.permission = 'granted';
    return Promise.resolve('granted');
  }

  constructor(
    readonly title: string,
    readonly options: NotificationOptions
  ) {
    BrowserNotification.told.push(this);
  }
}

const alerts = (): Alerts => new Alerts();
const shown = (): readonly Notification.INotification[] =>
  Notification.manager.notifications;
const texts = (): string[] => shown().map(({ message }) => message);

function notices(made = alerts()): [AlertNotices, string[]] {
  const led: string[] = [];
  const places = {
    openRun: ({ run }: AlertEvent) => led.push(`run ${run}`),
    openSchedules: () => led.push('schedules')
  };
  const trans = nullTranslator.load('nbmlops');
  return [new AlertNotices(made, places, trans), led];
}

beforeEach(() => {
  BrowserNotification.told.length = 0;
  BrowserNotification.asked = 0;
  BrowserNotification.permission = 'granted';
  vi.stubGlobal('Notification', BrowserNotification);
});

afterEach(() => {
  Notification.manager.dismiss();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('which alerts are shown', () => {
  it('is all but each success, unless somebody chooses otherwise', () => {
    const looks = (
      [
        'failed',
        'late',
        'recovered',
        'paused',
        'drift',
        'drift-over',
        'succeeded'
      ] as const
    ).map(kind => alerts().take(alert({ kind })));
    expect(looks).toEqual([
      'error',
      'error',
      'success',
      'warning',
      'warning',
      'success',
      null
    ]);
  });

  it('is each once, however often it is told', () => {
    const made = alerts();
    expect([1, 2].map(() => made.take(alert()))).toEqual(['error', null]);
    expect(made.take(alert({ id: 'a2' }))).toBe('error');
  });

  it('goes by the settings, and a recovery is a success', () => {
    const made = alerts();
    made.choices = choicesOf({
      failed: false,
      recovered: false,
      succeeded: true
    });
    expect(made.take(alert())).toBeNull();
    expect(made.take(alert({ id: 'a2', kind: 'recovered' }))).toBe('success');
    expect(made.take(alert({ id: 'a3', kind: 'succeeded' }))).toBe('success');
    expect(made.take(alert({ id: 'a4', kind: 'late' }))).toBe('error');
    made.choices = choicesOf({ drift: false });
    expect(made.take(alert({ id: 'a5', kind: 'drift' }))).toBeNull();
    expect(made.take(alert({ id: 'a6', kind: 'drift-over' }))).toBeNull();
  });

  it('is as the schema of the settings says, where nobody has chosen', () => {
    const defaults = Object.entries(schema.properties).map(
      ([name, property]) => [name, property.default]
    );
    expect(Object.fromEntries(defaults)).toEqual(USUAL);
  });
});

describe('a notification', () => {
  it('says the schedule and why its run failed, stays, and leads to the run', () => {
    const [made, led] = notices();
    made.show(alert());
    made.show(alert());
    expect(texts()).toEqual([`Schedule 1: ${REASON}`]);
    const [only] = shown();
    expect([only?.type, only?.options.autoClose]).toEqual(['error', false]);
    only?.options.actions?.[0]?.callback(new MouseEvent('click'));
    expect(led).toEqual(['run flights#3']);
  });

  it('leads to the schedules where no run began', () => {
    const [made, led] = notices();
    made.show(alert({ kind: 'paused', run: null, message: 'No approval.' }));
    expect(texts()).toEqual(['Schedule 1: flights@2 is paused. No approval.']);
    expect(shown()[0]?.type).toBe('warning');
    shown()[0]?.options.actions?.[0]?.callback(new MouseEvent('click'));
    expect(led).toEqual(['schedules']);
  });

  it('says which columns have drifted, of a run by hand as well', () => {
    const [made, led] = notices();
    const message = 'check: 1 of 2 columns has drifted beyond 0.2: delay 0.41.';
    const drift = { schedule: null, due_at: null, message } as const;
    made.show(alert({ ...drift, kind: 'drift' }));
    made.show(alert({ ...drift, id: 'a2', kind: 'drift', count: 3 }));
    made.show(alert({ ...drift, id: 'a3', kind: 'drift-over', count: 3 }));
    expect(new Set(texts())).toEqual(
      new Set([
        `flights#3 finds drift: ${message}`,
        `flights#3, 3 runs in a row with drift: ${message}`,
        'flights#3 finds no drift any more after 3 runs with drift.'
      ])
    );
    shown()[0]?.options.actions?.[0]?.callback(new MouseEvent('click'));
    expect(led).toEqual(['run flights#3']);
  });

  it('says how often it has failed', () => {
    const [made] = notices();
    made.show(alert({ count: 7 }));
    made.show(alert({ id: 'a2', kind: 'recovered', count: 2, message: '' }));
    expect(new Set(texts())).toEqual(
      new Set([
        `Schedule 1, 7 failures in a row: ${REASON}`,
        'Schedule 1: flights#3 succeeded after 2 failures.'
      ])
    );
  });
});

describe('a notification of the browser', () => {
  const wanting = (): Alerts => {
    const made = alerts();
    made.choices = choicesOf({ desktop: true });
    return made;
  };
  const hide = (hidden: boolean): void =>
    void vi.spyOn(document, 'hidden', 'get').mockReturnValue(hidden);

  it('is there while the page is hidden, for who has chosen it', () => {
    hide(true);
    notices()[0].show(alert());
    expect(BrowserNotification.told).toEqual([]);
    notices(wanting())[0].show(alert());
    const [told] = BrowserNotification.told;
    expect(told?.title).toBe('flights');
    expect(told?.options).toEqual({ body: `Schedule 1: ${REASON}`, tag: 'a1' });
  });

  it('is not there while the page is seen, or the browser forbids it', () => {
    hide(false);
    notices(wanting())[0].show(alert());
    hide(true);
    BrowserNotification.permission = 'denied';
    notices(wanting())[0].show(alert());
    expect(BrowserNotification.told).toEqual([]);
  });

  it('is asked for once, by a click', () => {
    BrowserNotification.permission = 'default';
    const [made] = notices(wanting());
    made.ask();
    made.ask();
    expect(BrowserNotification.asked).toBe(0);
    expect(shown()).toHaveLength(1);
    shown()[0]?.options.actions?.[0]?.callback(new MouseEvent('click'));
    expect(BrowserNotification.asked).toBe(1);
    made.ask();
    notices()[0].ask();
    expect(shown()).toHaveLength(1);
  });
});
