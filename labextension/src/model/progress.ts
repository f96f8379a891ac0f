import type { Run, RunEvent } from '../contract/wire';

/** What was told last of each run that goes on, by its reference. */
export type Progress = Readonly<Record<string, RunEvent>>;

/** The reference of a run: "flights#3". */
export function reference(run: Run): string {
  return `${run.pipeline}#${run.number}`;
}

/** What is known of the runs that go on, once another event has come. */
export function withEvent(known: Progress, event: RunEvent): Progress {
  const others = Object.entries(known).filter(([run]) => run !== event.run);
  return Object.fromEntries(
    event.state === 'running' ? [...others, [event.run, event]] : others
  );
}

/** The share of the cells that have ended, from 0 to 1; `null` before the first cell. */
export function share(event: RunEvent): number | null {
  return event.cells === null || event.cells === 0
    ? null
    : event.done / event.cells;
}
