import * as React from 'react';

import { metricText } from '../model/format';
import { placesOf } from '../model/sparkline';
import type { Point } from '../model/sparkline';

const WIDTH = 160;
const HEIGHT = 28;
const MARGIN = 4;

/** What the points are, in words: for the tooltip, and for who hears it. */
export function pointsText(points: readonly Point[]): string {
  return points
    .map(point => `${point.reference} ${metricText(point.value)}`)
    .join(', ');
}

/** A small line through the values of a metric, the oldest at the left. */
export function MetricLine(props: {
  readonly points: readonly Point[];
  readonly label: string;
}): React.JSX.Element {
  const places = placesOf(props.points, WIDTH, HEIGHT, MARGIN);
  return (
    <svg
      role="img"
      aria-label={props.label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
    >
      <title>{pointsText(props.points)}</title>
      <polyline points={places.map(place => place.join(',')).join(' ')} />
      {places.map(([x, y], index) => (
        <circle key={index} cx={x} cy={y} r={2.5} />
      ))}
    </svg>
  );
}
