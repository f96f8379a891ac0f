import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Run, RunEvent } from '../contract/wire';
import { durationText, metricText } from '../model/format';
import { reference } from '../model/progress';
import { NamedValues } from './NamedValues';
import { RunActions } from './RunActions';
import { RunProgress } from './RunProgress';
import type { SectionProps } from './sectionProps';
import { StatusIcon } from './StatusIcon';
import { useSurroundings } from './surroundings';
import { When } from './When';

/** The newest runs of the notebook's pipelines, newest first, and what may be done with each. */
export function RunsSection(props: SectionProps): React.JSX.Element {
  const { trans, outside } = useSurroundings();
  const { notebook, runs, progress } = props.model.state;
  if (notebook === null) {
    return (
      <p className="nbm-Hint">{trans.__('Open a notebook to see more.')}</p>
    );
  }
  if (runs === null) {
    return <p className="nbm-Hint">{trans.__('Loading…')}</p>;
  }
  if (runs.length === 0) {
    return (
      <>
        <p className="nbm-Hint">
          {trans.__('No pipeline of this notebook has run yet.')}
        </p>
        <div className="nbm-Actions nbm-mod-top">
          <button
            type="button"
            className="nbm-Button nbm-mod-text"
            title={
              outside
                ? trans.__('Build the notebook as it is saved, and run it')
                : trans.__('Save and build the notebook, and run its pipeline')
            }
            onClick={() => props.host.run()}
          >
            {trans.__('Run as pipeline…')}
          </button>
        </div>
      </>
    );
  }
  return (
    <ul aria-label={trans.__('Runs')}>
      {runs.map(run => (
        <RunItem
          key={run.id}
          {...props}
          run={run}
          event={progress[reference(run)]}
        />
      ))}
    </ul>
  );
}

function RunItem(
  props: SectionProps & {
    readonly run: Run;
    readonly event: RunEvent | undefined;
  }
): React.JSX.Element {
  const { run, event } = props;
  const { trans, outside } = useSurroundings();
  return (
    <li className="nbm-Run">
      <div className="nbm-Run-headline">
        <StatusIcon status={run.status} />
        <strong className="nbm-Reference">{reference(run)}</strong>
        <When at={run.started_at} />
      </div>
      <p className="nbm-Facts">{runFacts(run, trans).join(' · ')}</p>
      {event && run.status === 'running' && <RunProgress event={event} />}
      {run.failure && (
        <p className="nbm-Failure">
          {[run.failure.kind, run.failure.message].filter(Boolean).join(': ')}
        </p>
      )}
      {run.failure && outside && (
        <p className="nbm-Facts">
          {trans.__('To see the state before it failed, run in the notebook')}{' '}
          <code>%mlops debug {reference(run)}</code>
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
      <RunActions {...props} />
    </li>
  );
}

function runFacts(run: Run, trans: TranslationBundle): string[] {
  const facts = [`${run.pipeline}@${run.version}`, run.trigger, run.author];
  if (run.rules.only !== null) {
    facts.splice(1, 0, trans.__('only %1', run.rules.only.join(', ')));
  }
  if (run.ended_at !== null) {
    const elapsed = Date.parse(run.ended_at) - Date.parse(run.started_at);
    facts.push(durationText(elapsed / 1000));
  }
  return facts;
}
