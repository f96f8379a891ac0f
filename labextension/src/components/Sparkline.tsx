import * as React from 'react';

import type { VersionRow } from '../contract/wire';
import { metricText } from '../model/format';
import { metricsOf, pointsOf } from '../model/sparkline';
import { MetricLine, pointsText } from './MetricLine';
import { useSurroundings } from './surroundings';

/** How a metric went from version to version; which one, is chosen where there are several. */
export function Sparkline({
  step,
  versions
}: {
  readonly step: string;
  readonly versions: readonly VersionRow[];
}): React.JSX.Element | null {
  const { trans } = useSurroundings();
  const metrics = metricsOf(versions);
  const [chosen, choose] = React.useState('');
  const metric = metrics.includes(chosen) ? chosen : metrics[0];
  const points = metric === undefined ? [] : pointsOf(versions, metric);
  if (metric === undefined || points.length < 2) {
    return null;
  }
  const told = pointsText(points);
  return (
    <div className="nbm-Sparkline">
      {metrics.length > 1 ? (
        <select
          aria-label={trans.__('Metric of %1', step)}
          value={metric}
          onChange={event => choose(event.target.value)}
        >
          {metrics.map(name => (
            <option key={name}>{name}</option>
          ))}
        </select>
      ) : (
        <span className="nbm-Facts">{metric}</span>
      )}
      <MetricLine
        points={points}
        label={trans.__('%1 of %2 by version: %3', metric, step, told)}
      />
      <span className="nbm-Facts">
        {metricText(points[points.length - 1]?.value ?? 0)}
      </span>
    </div>
  );
}
