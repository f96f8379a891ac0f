import type { VersionRow } from '../contract/wire';

/** A version with the value of a metric. */
export interface Point {
  readonly reference: string;
  readonly value: number;
}

/** The names of the metrics of some versions, the most frequent first. */
export function metricsOf(versions: readonly VersionRow[]): string[] {
  const counts = new Map<string, number>();
  for (const name of versions.flatMap(row => Object.keys(row.metrics))) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([name]) => name);
}

/** The finite values of a metric, the oldest version first. */
export function pointsOf(
  versions: readonly VersionRow[],
  metric: string
): Point[] {
  return [...versions].reverse().flatMap(row => {
    const value = row.metrics[metric];
    return typeof value === 'number'
      ? [{ reference: row.reference, value }]
      : [];
  });
}

/**
 * Where points lie in a picture of that width and height, as [x, y]; equal values in the middle.
 */
export function placesOf(
  points: readonly Point[],
  width: number,
  height: number,
  margin: number
): Array<readonly [number, number]> {
  const values = points.map(point => point.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const apart = (width - 2 * margin) / Math.max(1, points.length - 1);
  return values.map((value, index) => [
    margin + index * apart,
    high === low
      ? height / 2
      : margin + ((high - value) / (high - low)) * (height - 2 * margin)
  ]);
}
