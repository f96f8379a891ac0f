import type {
  Look,
  Monitor,
  MonitoredColumn,
  NotFinite
} from '../contract/wire';
import type { Point } from './sparkline';

/** What tells a monitor from others of the notebook. */
export function monitorKey(monitor: Monitor): string {
  const { pipeline, trigger, step, cell_id, name } = monitor;
  return JSON.stringify([pipeline, trigger, step ?? cell_id, name]);
}

/** The latest look. */
export function lastLook(monitor: Monitor): Look | null {
  return monitor.looks[monitor.looks.length - 1] ?? null;
}

/** The finite indexes of a column, the oldest look first, each with what has looked. */
export function columnPoints(
  monitor: Monitor,
  column: MonitoredColumn
): Point[] {
  return pointsAt(monitor.looks, column.indexes);
}

/** The finite indexes of the column that was furthest away each time. */
export function furthestPoints(monitor: Monitor): Point[] {
  return pointsAt(
    monitor.looks,
    monitor.looks.map(look => look.furthest)
  );
}

function pointsAt(
  looks: readonly Look[],
  values: ReadonlyArray<number | NotFinite | null>
): Point[] {
  return looks.flatMap((look, at) => {
    const value = values[at];
    const reference = look.run ?? look.step ?? '';
    return typeof value === 'number' ? [{ reference, value }] : [];
  });
}
