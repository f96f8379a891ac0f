import type { ExecutionRow } from '../contract/wire';

/** A point of a plot, in units of the picture, with the execution that it stands for. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  readonly row: ExecutionRow;
  readonly value: number;
}

/** A plot, laid out: its points from left to right, and what the axis reaches. */
export interface PlotLayout {
  readonly points: readonly PlotPoint[];
  readonly lowest: number;
  readonly highest: number;
  readonly left: number;
}

/**
 * Lay out a metric over executions, in their order; values that are not finite are left out, and
 * counted in `left`.
 */
export function plotOf(
  metric: string,
  rows: readonly ExecutionRow[],
  width: number,
  height: number
): PlotLayout {
  const known = rows.flatMap((row, at) => {
    const value = row.metrics[metric];
    return typeof value === 'number' ? [{ row, at, value }] : [];
  });
  const values = known.map(one => one.value);
  const lowest = values.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const range = highest - lowest || 1;
  const step = width / Math.max(1, rows.length - 1);
  const points = known.map(({ row, at, value }) => ({
    row,
    value,
    x: rows.length > 1 ? at * step : width / 2,
    y:
      highest > lowest
        ? height - ((value - lowest) / range) * height
        : height / 2
  }));
  return { points, lowest, highest, left: rows.length - points.length };
}
