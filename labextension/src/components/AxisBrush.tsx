import * as React from 'react';

import { rangeBetween } from '../model/brushes';
import type { Range } from '../model/brushes';
import { placeOf } from '../model/parallel';
import type { Axis } from '../model/parallel';

/** How far a pointer moves at least that draws a range: a part of the axis. */
const DRAWN = 0.02;

/** How far a range of kinds is drawn around them: a part of the axis. */
const AROUND = 0.03;

/**
 * What of an axis a pointer takes: a range, which is drawn along it; a click takes it away.
 *
 * Nobody needs it who has no pointer: the fields below the plot do the same.
 */
export function AxisBrush(props: {
  readonly axis: Axis;
  readonly height: number;
  readonly range: Range | null;
  readonly onBrush: (range: Range | null) => void;
}): React.JSX.Element {
  const { axis, height, range, onBrush } = props;
  const start = React.useRef<number | null>(null);
  const placeAt = (event: React.PointerEvent<SVGRectElement>): number => {
    const matrix = event.currentTarget.getScreenCTM();
    const point = new DOMPoint(event.clientX, event.clientY);
    const { y } = point.matrixTransform(matrix?.inverse());
    return Math.max(0, Math.min(1, 1 - y / height));
  };
  const draw = (event: React.PointerEvent<SVGRectElement>): void => {
    const place = placeAt(event);
    if (start.current !== null && Math.abs(place - start.current) > DRAWN) {
      onBrush(rangeBetween(axis, start.current, place));
    }
  };
  const end = (event: React.PointerEvent<SVGRectElement>): void => {
    const place = placeAt(event);
    if (start.current !== null && Math.abs(place - start.current) <= DRAWN) {
      onBrush(null);
    }
    start.current = null;
  };
  return (
    <>
      {range && <Marked axis={axis} height={height} range={range} />}
      <rect
        className="nbm-mod-brush"
        x={-12}
        width={24}
        y={-8}
        height={height + 16}
        onPointerDown={event => {
          event.currentTarget.setPointerCapture(event.pointerId);
          start.current = placeAt(event);
        }}
        onPointerMove={draw}
        onPointerUp={end}
        onPointerCancel={() => (start.current = null)}
      />
    </>
  );
}

function Marked(props: {
  readonly axis: Axis;
  readonly height: number;
  readonly range: Range;
}): React.JSX.Element {
  const { axis, height, range } = props;
  const around = axis.kinds ? AROUND : 0;
  const below = Math.max(0, placeOf(range.from, axis) - around);
  const above = Math.min(1, placeOf(range.to, axis) + around);
  return (
    <rect
      className="nbm-mod-range"
      x={-6}
      width={12}
      y={height * (1 - above)}
      height={Math.max(2, height * (above - below))}
    />
  );
}
