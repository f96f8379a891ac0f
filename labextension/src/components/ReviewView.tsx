import * as React from 'react';

import type { CellChange, ReviewResponse } from '../contract/wire';
import type { VersionReview } from '../model/versionReview';
import { Badge } from './Badge';
import { CellDecision } from './CellDecision';
import { DecisionForm } from './DecisionForm';
import { ChangeTable } from './DiffView';
import { ProblemBox } from './ProblemBox';
import { ReviewChecks } from './ReviewChecks';
import { SourceMerge } from './SourceMerge';
import { useSurroundings } from './surroundings';
import { When } from './When';

/** All that somebody sees who decides on a pipeline version, and the decision. */
export function ReviewView({
  review
}: {
  readonly review: VersionReview;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { answer, problem, version } = review.state;
  return (
    <div className="nbm-Dialog nbm-Review">
      <h2>{trans.__('Review of %1', version)}</h2>
      {problem && <ProblemBox problem={problem} />}
      {!problem && !answer && (
        <p className="nbm-Hint">{trans.__('Loading…')}</p>
      )}
      {answer && (
        <>
          <Heading answer={answer} />
          <ReviewChecks answer={answer} />
          <Cells review={review} answer={answer} />
          <Tables answer={answer} />
          <DecisionForm review={review} answer={answer} />
        </>
      )}
    </div>
  );
}

function Heading({
  answer
}: {
  readonly answer: ReviewResponse;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const latest = answer.decisions.at(-1);
  const decisions: Readonly<Record<string, string>> = {
    approved: trans.__('approved'),
    withdrawn: trans.__('withdrawn'),
    'changes requested': trans.__('changes requested')
  };
  return (
    <>
      <p className="nbm-Facts">
        {[answer.notebook, trans.__('built by %1', answer.author)]
          .filter(Boolean)
          .join(' · ')}{' '}
        <When at={answer.created_at} />
      </p>
      <p>
        {answer.against !== null
          ? trans.__('Compared with %1, approved last.', answer.against)
          : trans.__('No version before it is approved: all of it is new.')}
      </p>
      {latest && (
        <p>
          <Badge
            tone={latest.decision === 'approved' ? 'good' : 'busy'}
            label={decisions[latest.decision] ?? latest.decision}
            reason=""
          />{' '}
          {latest.author}: {latest.comment} <When at={latest.decided_at} />
        </p>
      )}
      {answer.edited !== null && <p className="nbm-Warning">{answer.edited}</p>}
      {answer.warnings.map(warning => (
        <p key={warning} className="nbm-Warning">
          {trans.__('Warning: %1', warning)}
        </p>
      ))}
    </>
  );
}

/** Those that differ, and those on which somebody has decided. */
function Cells(props: {
  readonly review: VersionReview;
  readonly answer: ReviewResponse;
}): React.JSX.Element {
  const { review, answer } = props;
  const { trans } = useSurroundings();
  const decided = new Set(answer.decided.map(one => one.cell_id));
  const changed = answer.cells.filter(({ state }) => state !== 'same');
  const same = answer.cells.length - changed.length;
  const shown = answer.cells.filter(
    ({ state, cell_id }) =>
      state !== 'same' || (cell_id !== null && decided.has(cell_id))
  );
  return (
    <section aria-label={trans.__('Cells')}>
      <h3>{trans.__('Cells')}</h3>
      {changed.length === 0 && <p>{trans.__('The source is the same.')}</p>}
      {shown.map((cell, index) => (
        <CellDiff
          key={cell.cell_id ?? `${index} ${cell.title}`}
          cell={cell}
          answer={answer}
          review={review}
        />
      ))}
      {same > 0 && (
        <p className="nbm-Facts">
          {trans._n('%1 cell is the same', '%1 cells are the same', same)}
        </p>
      )}
    </section>
  );
}

function CellDiff(props: {
  readonly cell: CellChange;
  readonly answer: ReviewResponse;
  readonly review: VersionReview;
}): React.JSX.Element {
  const { cell, answer, review } = props;
  const { trans } = useSurroundings();
  const states: Record<CellChange['state'], string> = {
    same: trans.__('same'),
    changed: trans.__('changed'),
    added: trans.__('added'),
    removed: trans.__('removed')
  };
  const side = (version: string, source: string | null): Side => ({
    label: trans.__('%1 in %2', cell.title, version),
    source: source ?? ''
  });
  return (
    <article className="nbm-CellDiff" aria-label={cell.title}>
      <h4>
        {cell.title} <Badge tone="busy" label={states[cell.state]} reason="" />
      </h4>
      <SourceMerge
        before={side(answer.against ?? '–', cell.before)}
        after={side(answer.reference, cell.after)}
      />
      {cell.cell_id !== null && (
        <CellDecision
          review={review}
          answer={answer}
          cell={cell.cell_id}
          title={cell.title}
        />
      )}
    </article>
  );
}

type Side = React.ComponentProps<typeof SourceMerge>['before'];

function Tables({
  answer
}: {
  readonly answer: ReviewResponse;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { parameters, structure, environment } = answer;
  return (
    <section aria-label={trans.__('What else has changed')}>
      <h3>{trans.__('What else has changed')}</h3>
      {parameters.length + structure.length === 0 && (
        <p>{trans.__('Parameters and the order of steps are the same.')}</p>
      )}
      <ChangeTable title={trans.__('Parameters')} changes={parameters} />
      <ChangeTable title={trans.__('Pipeline')} changes={structure} />
      {environment === null ? (
        <p className="nbm-Facts">
          {trans.__('The environment is not known of both versions.')}
        </p>
      ) : environment.length === 0 ? (
        <p>{trans.__('The environment is the same.')}</p>
      ) : (
        <ChangeTable title={trans.__('Environment')} changes={environment} />
      )}
    </section>
  );
}
