import * as React from 'react';

import type { Run } from '../contract/wire';
import { durationText, metricText } from '../model/format';
import { NamedValues } from './NamedValues';
import { StatusIcon } from './StatusIcon';
import { useSurroundings } from './surroundings';
import { When } from './When';

/** The pipeline runs of the notebook, newest first. */
export function RunList({
  runs
}: {
  readonly runs: readonly Run[];
}): React.JSX.Element {
  const { trans } = useSurroundings();
  if (runs.length === 0) {
    return (
      <p className="nbm-Hint">
        {trans.__('No pipeline of this notebook has run yet. Build one with')}{' '}
        <code>%mlops build</code>
      </p>
    );
  }
  return (
    <ul aria-label={trans.__('Runs')}>
      {runs.map(run => (
        <RunItem key={run.id} run={run} />
      ))}
    </ul>
  );
}

function RunItem({ run }: { readonly run: Run }): React.JSX.Element {
  const { trans } = useSurroundings();
  return (
    <li className="nbm-Run">
      <div className="nbm-Run-headline">
        <StatusIcon status={run.status} />
        <strong className="nbm-Reference">{`${run.pipeline}#${run.number}`}</strong>
        <When at={run.started_at} />
      </div>
      <p className="nbm-Facts">{runFacts(run).join(' · ')}</p>
      {run.failure && (
        <p className="nbm-Failure">
          {`${run.failure.kind}: ${run.failure.message}`}
        </p>
      )}
      <NamedValues
        label={trans.__('Parameters')}
        values={Object.entries(run.parameters).map(([name, value]) => [
          name,
          JSON.stringify(value)
        ])}
      />
      <NamedValues
        label={trans.__('Metrics')}
        values={Object.entries(run.metrics).map(([name, value]) => [
          name,
          metricText(value)
        ])}
      />
    </li>
  );
}

function runFacts(run: Run): string[] {
  const facts = [`${run.pipeline}@${run.version}`, run.trigger, run.author];
  if (run.ended_at !== null) {
    const elapsed = Date.parse(run.ended_at) - Date.parse(run.started_at);
    facts.push(durationText(elapsed / 1000));
  }
  return facts;
}
