import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Change, DiffResponse, VersionRow } from '../contract/wire';
import type { VersionComparison } from '../model/versionComparison';
import { ComparedFigures } from './ComparedFigures';
import { ComparedSides } from './ComparedSides';
import { ComparedValues } from './ComparedValues';
import { ChangeTable } from './DiffView';
import { ProblemBox } from './ProblemBox';
import { SourceMerge } from './SourceMerge';
import { useSurroundings } from './surroundings';

/**
 * Two versions of a step side by side: their sources, what else differs, inside of values and in
 * figures too. `reveal` shows the notebook into which something was restored.
 */
export function ComparisonView(props: {
  readonly comparison: VersionComparison;
  readonly reveal?: () => void;
}): React.JSX.Element {
  const { comparison, reveal } = props;
  const { trans } = useSurroundings();
  const { notebook, steps, choice, answer, problem } = comparison.state;
  const isLoading =
    !problem &&
    (steps === null ||
      (choice !== null && !answer && choice.before !== choice.after));
  return (
    <div className="nbm-Dialog nbm-Comparison" aria-busy={isLoading}>
      <h2>{trans.__('Version comparison')}</h2>
      <p className="nbm-Facts">{notebook}</p>
      <Chooser comparison={comparison} />
      {problem && <ProblemBox problem={problem} />}
      {isLoading && <p className="nbm-Hint">{trans.__('Loading…')}</p>}
      {steps !== null && choice === null && <Nothing some={steps.length > 0} />}
      {choice !== null && choice.before === choice.after && (
        <p className="nbm-Hint">
          {trans.__('Choose another version on one of both sides.')}
        </p>
      )}
      {choice !== null && (
        <ComparedSides comparison={comparison} reveal={reveal} />
      )}
      {answer && <Differences answer={answer} comparison={comparison} />}
    </div>
  );
}

/** What to do where there are no two versions. */
function Nothing({ some }: { readonly some: boolean }): React.JSX.Element {
  const { trans } = useSurroundings();
  return some ? (
    <p className="nbm-Hint">
      {trans.__(
        'Each step has one version so far. Edit the cell of a step and run it again: then its versions are compared here.'
      )}
    </p>
  ) : (
    <p className="nbm-Hint">
      {trans.__('No step yet. Put')} <code>%mlops track NAME</code>{' '}
      {trans.__("on a cell's first line and run it.")}
    </p>
  );
}

function Chooser({
  comparison
}: {
  readonly comparison: VersionComparison;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { steps, choice, outdated } = comparison.state;
  const several = (steps ?? []).filter(step => step.versions.length > 1);
  const rows = several.find(step => step.name === choice?.step)?.versions ?? [];
  return (
    <div className="nbm-Chooser" role="group" aria-label={trans.__('Compared')}>
      {choice && (
        <>
          <label>
            {trans.__('Step')}
            <select
              value={choice.step}
              onChange={event =>
                void comparison.choose({ step: event.target.value })
              }
            >
              {several.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <VersionSelect
            label={trans.__('Before')}
            rows={rows}
            number={choice.before}
            onChoose={before => void comparison.choose({ before })}
          />
          <button
            type="button"
            className="nbm-Button"
            onClick={() => void comparison.swap()}
          >
            <span aria-hidden="true">⇄</span> {trans.__('Swap')}
          </button>
          <VersionSelect
            label={trans.__('After')}
            rows={rows}
            number={choice.after}
            onChoose={after => void comparison.choose({ after })}
          />
        </>
      )}
      <button
        type="button"
        className="nbm-Button"
        onClick={() => void comparison.refresh()}
      >
        <refreshIcon.react tag="span" height="16px" width="16px" />
        {trans.__('Refresh')}
      </button>
      <span className="nbm-Facts" role="status">
        {outdated &&
          trans.__('One of both has run again: refresh to see what it made.')}
      </span>
    </div>
  );
}

function VersionSelect(props: {
  readonly label: string;
  readonly rows: readonly VersionRow[];
  readonly number: number;
  readonly onChoose: (number: number) => void;
}): React.JSX.Element {
  const { label, rows, number, onChoose } = props;
  return (
    <label>
      {label}
      <select
        value={number}
        onChange={event => onChoose(Number(event.target.value))}
      >
        {rows.map(row => (
          <option key={row.number} value={row.number}>
            {[row.reference, row.changed].filter(Boolean).join(' · ')}
          </option>
        ))}
      </select>
    </label>
  );
}

function Differences(props: {
  readonly answer: DiffResponse;
  readonly comparison: VersionComparison;
}): React.JSX.Element {
  const { answer, comparison } = props;
  const { diff, contents } = answer;
  const { trans } = useSurroundings();
  const tables: ReadonlyArray<readonly [string, readonly Change[]]> = [
    [trans.__('Parameters'), diff.parameters],
    [trans.__('Inputs'), diff.inputs],
    [trans.__('Outputs'), diff.outputs],
    [trans.__('Files'), diff.files],
    [trans.__('Elsewhere'), diff.externals],
    [trans.__('Environment'), diff.environment]
  ];
  const shown = tables.filter(([, changes]) => changes.length > 0);
  const some = shown.length > 0 || diff.metrics.length > 0;
  return (
    <>
      <Sources answer={answer} />
      <section aria-label={trans.__('What else has changed')}>
        <h3>{trans.__('What else has changed')}</h3>
        {!some && (
          <p className="nbm-Hint">
            {trans.__(
              'Inputs, outputs, metrics, parameters, files and environment are the same.'
            )}
          </p>
        )}
        <Metrics answer={answer} />
        {shown.map(([title, changes]) => (
          <ChangeTable key={title} title={title} changes={changes} />
        ))}
      </section>
      {contents && <ComparedValues contents={contents} names={names(answer)} />}
      {contents && (
        <ComparedFigures
          pictures={contents.pictures}
          names={names(answer)}
          figures={comparison.state.figures}
        />
      )}
    </>
  );
}

/** What both versions are called. */
function names({ diff }: DiffResponse): readonly [string, string] {
  return [diff.before, diff.after];
}

function Sources({
  answer
}: {
  readonly answer: DiffResponse;
}): React.JSX.Element {
  const { diff } = answer;
  const { trans } = useSurroundings();
  return (
    <section aria-label={trans.__('Source')}>
      <h3>{trans.__('Source')}</h3>
      {diff.source === '' ? (
        <p className="nbm-Hint">{trans.__('The source is the same.')}</p>
      ) : (
        <SourceMerge
          before={{
            label: trans.__('Source of %1', diff.before),
            source: diff.before_source
          }}
          after={{
            label: trans.__('Source of %1', diff.after),
            source: diff.after_source
          }}
        />
      )}
      {diff.definitions.map(({ name, before, after }) => (
        <article key={name} aria-label={trans.__('Uses %1', name)}>
          <h4>{trans.__('Uses %1', name)}</h4>
          <SourceMerge
            before={{
              label: trans.__('%1 in %2', name, diff.before),
              source: before ?? ''
            }}
            after={{
              label: trans.__('%1 in %2', name, diff.after),
              source: after ?? ''
            }}
          />
        </article>
      ))}
    </section>
  );
}

/** The metrics that differ, and by how much. */
function Metrics({
  answer
}: {
  readonly answer: DiffResponse;
}): React.JSX.Element | null {
  const { trans } = useSurroundings();
  const { metrics, before, after } = answer.diff;
  if (metrics.length === 0) {
    return null;
  }
  return (
    <table className="nbm-Changes nbm-mod-measured">
      <caption>{trans.__('Metrics')}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('Name')}</th>
          <th scope="col">{before}</th>
          <th scope="col">{after}</th>
          <th scope="col">{trans.__('Change')}</th>
        </tr>
      </thead>
      <tbody>
        {metrics.map(change => (
          <tr key={change.name}>
            <th scope="row">{change.name}</th>
            <td className="nbm-mod-removed">{change.before ?? '–'}</td>
            <td className="nbm-mod-added">{change.after ?? '–'}</td>
            <td>{movedBy(change)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function movedBy({ before, after }: Change): string {
  const moved = Number(after ?? 'none') - Number(before ?? 'none');
  const text = String(Number(moved.toPrecision(4)));
  return Number.isFinite(moved) ? (moved > 0 ? `+${text}` : text) : '–';
}
