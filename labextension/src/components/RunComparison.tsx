import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { CellDifference, RunDiff, StepInRun } from '../contract/wire';
import { durationText, metricText } from '../model/format';
import { reference } from '../model/progress';
import type { RunComparison as Comparison } from '../model/runTable';
import { ChangeTable, SourceDiff } from './DiffView';
import { Grid } from './Grid';
import { useSurroundings } from './surroundings';

/** Two runs side by side: what they were given, what ran, and what came of it. */
export function RunComparison(props: {
  readonly comparison: Comparison;
  readonly onReport: (run: string) => void;
  readonly onClose: () => void;
}): React.JSX.Element {
  const { comparison, onReport, onClose } = props;
  const { trans } = useSurroundings();
  const names = comparison.pair.map(reference);
  const title = names.join(' → ');
  return (
    <section
      className="nbm-Executions-compared"
      aria-label={trans.__('Difference %1', title)}
      aria-busy={comparison.diff === null}
    >
      <header>
        <h4>{title}</h4>
        <span>
          {comparison.pair
            .filter(run => run.ended_at !== null)
            .map(reference)
            .map(run => (
              <button
                key={run}
                type="button"
                className="nbm-Button"
                onClick={() => onReport(run)}
              >
                {trans.__('Report of %1', run)}
              </button>
            ))}
          <button type="button" className="nbm-Button" onClick={onClose}>
            {trans.__('Close')}
          </button>
        </span>
      </header>
      {comparison.diff === null ? (
        <p className="nbm-Hint">{trans.__('Loading…')}</p>
      ) : (
        <Differences diff={comparison.diff} />
      )}
    </section>
  );
}

function Differences({ diff }: { readonly diff: RunDiff }): React.JSX.Element {
  const { trans } = useSurroundings();
  return (
    <>
      <ChangeTable title={trans.__('Runs')} changes={diff.facts} />
      <ChangeTable title={trans.__('Parameters')} changes={diff.parameters} />
      <Grid
        title={trans.__('Steps that differ')}
        head={[trans.__('Step'), diff.before, diff.after]}
        rows={diff.steps
          .filter(pair => !sameStep(pair.before, pair.after))
          .map(pair => [
            pair.name,
            stepText(pair.before, trans),
            stepText(pair.after, trans)
          ])}
      />
      <ChangeTable
        title={trans.__('Metrics')}
        changes={diff.metrics.map(({ name, before, after }) => ({
          name,
          before: before === null ? null : metricText(before),
          after: after === null ? null : metricText(after)
        }))}
      />
      <ChangeTable title={trans.__('Results')} changes={diff.reported} />
      <ChangeTable title={trans.__('Outputs')} changes={diff.outputs} />
      <ChangeTable title={trans.__('Files')} changes={diff.files} />
      <ChangeTable title={trans.__('Elsewhere')} changes={diff.externals} />
      <ChangeTable title={trans.__('Environment')} changes={diff.environment} />
      {diff.cells.map((cell, at) => (
        <Cell key={at} cell={cell} />
      ))}
      {diff.notes.map(note => (
        <p key={note} className="nbm-Hint">
          {note}
        </p>
      ))}
      {diff.cells.length === 0 && diff.notes.length === 0 && (
        <p className="nbm-Hint">
          {trans.__('The executed notebooks show the same.')}
        </p>
      )}
    </>
  );
}

function Cell({ cell }: { readonly cell: CellDifference }): React.JSX.Element {
  return (
    <details>
      <summary>{[cell.title, cell.why].filter(Boolean).join(': ')}</summary>
      {cell.source !== '' && <SourceDiff unified={cell.source} />}
      {cell.displayed !== '' && <SourceDiff unified={cell.displayed} />}
    </details>
  );
}

function sameStep(before: StepInRun | null, after: StepInRun | null): boolean {
  return (
    before?.version === after?.version && before?.outcome === after?.outcome
  );
}

function stepText(step: StepInRun | null, trans: TranslationBundle): string {
  if (step === null) {
    return trans.__('no such step');
  }
  const took = step.outcome !== 'cached' && step.duration !== null;
  return [
    step.version,
    outcomeText(step.outcome, trans),
    ...(step.origin === null ? [] : [trans.__('as in %1', step.origin)]),
    ...(took ? [durationText(step.duration ?? 0)] : [])
  ]
    .filter(Boolean)
    .join(' · ');
}

function outcomeText(
  outcome: StepInRun['outcome'],
  trans: TranslationBundle
): string {
  switch (outcome) {
    case 'ran':
      return trans.__('ran');
    case 'cached':
      return trans.__('cached');
    case 'failed':
      return trans.__('failed');
    case 'interrupted':
      return trans.__('interrupted');
    case 'lost':
      return trans.__('lost');
    case 'skipped':
      return trans.__('skipped');
    case 'not run':
      return trans.__('not run');
    case 'running':
      return trans.__('running');
    case 'waiting':
      return trans.__('waiting');
  }
}
