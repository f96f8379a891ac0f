import * as React from 'react';

import type { ExecutionRow } from '../contract/wire';
import { metricText } from '../model/format';
import { plotOf } from '../model/metricPlot';
import type { Plot } from '../model/pagedTable';
import { useSurroundings } from './surroundings';

const WIDTH = 900;
const HEIGHT = 120;

/** A metric over the newest executions, oldest at the left; a click on a point chooses it. */
export function MetricPlot(props: {
  readonly plot: Plot<ExecutionRow>;
  readonly selected: readonly ExecutionRow[];
  readonly onChoose: (row: ExecutionRow) => void;
}): React.JSX.Element {
  const { plot, selected, onChoose } = props;
  const { trans } = useSurroundings();
  const { points, lowest, highest, left } = plotOf(
    plot.metric,
    plot.rows,
    WIDTH,
    HEIGHT
  );
  if (points.length === 0) {
    return (
      <p className="nbm-Hint">
        {trans.__('No execution that is listed has a %1.', plot.metric)}
      </p>
    );
  }
  const told = trans.__(
    '%1 of the newest %2 executions that have it, oldest first: from %3 to %4',
    plot.metric,
    points.length,
    metricText(lowest),
    metricText(highest)
  );
  const path = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`);
  return (
    <figure className="nbm-Plot">
      <figcaption>
        {told}
        {left > 0 && ` · ${trans.__('%1 not finite, left out', left)}`}
      </figcaption>
      <svg
        role="img"
        aria-label={told}
        viewBox={`-8 -8 ${WIDTH + 16} ${HEIGHT + 16}`}
        preserveAspectRatio="none"
      >
        <polyline points={path.join(' ')} vectorEffect="non-scaling-stroke" />
        {points.map(({ x, y, row, value }) => (
          <ellipse
            key={row.id}
            className={
              selected.some(one => one.id === row.id) ? 'nbm-mod-selected' : ''
            }
            cx={x}
            cy={y}
            rx={4}
            ry={4}
            onClick={() => onChoose(row)}
          >
            <title>{`${row.reference} @${row.id}: ${metricText(value)}`}</title>
          </ellipse>
        ))}
      </svg>
    </figure>
  );
}
