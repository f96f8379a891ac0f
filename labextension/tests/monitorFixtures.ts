import type { Look, Monitor } from '../src/contract/wire';

/** A look at data, as the server sends it. */
export function look(change: Partial<Look> = {}): Look {
  return {
    execution: 9,
    step: 'check@1',
    run: 'flights#3',
    at: '2026-03-01T11:57:00Z',
    judged: true,
    drifted: 1,
    furthest: 'Infinity',
    ...change
  };
}

/** A check of drift in the runs of a schedule, as the server sends it. */
export function monitor(change: Partial<Monitor> = {}): Monitor {
  return {
    name: 'drift',
    step: 'check',
    cell_id: 'c9',
    pipeline: 'flights',
    trigger: 'schedule:7',
    limit: 0.2,
    checked: 2,
    drifted: 1,
    judged: true,
    rows: 1000,
    reference_rows: 9,
    reference: 'flights#1:df',
    since: '2026-03-01T11:57:00Z',
    columns: [
      {
        name: 'carrier',
        drifted: true,
        index: 'Infinity',
        note: 'is gone',
        indexes: [0.01, 'Infinity']
      },
      {
        name: 'delay',
        drifted: false,
        index: 0.04,
        note: '',
        indexes: [0.05, 0.04]
      }
    ],
    looks: [
      look({ execution: 8, run: 'flights#2', drifted: 0, furthest: 0.05 }),
      look()
    ],
    ...change
  };
}
