import * as React from 'react';

import type { Run, RunEvent } from '../contract/wire';
import { durationText, metricText } from '../model/format';
import { reference } from '../model/progress';
import type { Progress } from '../model/progress';
import { NamedValues } from './NamedValues';
import { RunProgress } from './RunProgress';
import { StatusIcon } from './StatusIcon';
import { useSurroundings } from './surroundings';
import { When } from './When';

/** The pipeline runs of the notebook, newest first. */
export function RunList({
  runs,
  progress
}: {
  readonly runs: readonly Run[];
  readonly progress: Progress;
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
        <RunItem key={run.id} run={run} event={progress[reference(run)]} />
      ))}
    </ul>
  );
}

function RunItem({
  run,
  event
}: {
  readonly run: Run;
  readonly event: RunEvent | undefined;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  return (
    <li className="nbm-Run">
      <div className="nbm-Run-headline">
        <StatusIcon status={run.status} />
        <strong className="nbm-Reference">{reference(run)}</strong>
        <When at={run.started_at} />
      </div>
      <p className="nbm-Facts">{runFacts(run).join(' · ')}</p>
      {event && run.status === 'running' && <RunProgress event={event} />}
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
