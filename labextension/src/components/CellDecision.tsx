import * as React from 'react';

import type { CellReview, ReviewResponse } from '../contract/wire';
import type { Verdict, VersionReview } from '../model/versionReview';
import { Badge } from './Badge';
import { ProblemBox } from './ProblemBox';
import { useSurroundings } from './surroundings';
import { When } from './When';

interface Decided {
  readonly review: VersionReview;
  readonly answer: ReviewResponse;
  readonly cell: string;
  readonly title: string;
}

/**
 * The decision on a cell that holds for a version, and a form to decide on it alone. What became of
 * it is announced by the form of the whole.
 */
export function CellDecision(props: Decided): React.JSX.Element {
  const { review, answer, cell } = props;
  const { done, failed, decidedOn } = review.state;
  const mine = decidedOn === cell;
  const held = answer.decided.find(one => one.cell_id === cell);
  return (
    <div className="nbm-CellDecision">
      {held && <Held held={held} reference={answer.reference} />}
      {mine && failed && <ProblemBox problem={failed} />}
      {mine && done !== null && <p className="nbm-Announcement">{done}</p>}
      {!answer.approved && <Form {...props} />}
    </div>
  );
}

/** Folded, as most cells need no words of their own. */
function Form(props: Decided): React.JSX.Element {
  const { review, cell, title } = props;
  const { trans } = useSurroundings();
  const [open, setOpen] = React.useState(false);
  const [comment, setComment] = React.useState('');
  const decide = async (verdict: Verdict): Promise<void> => {
    await review.decide(verdict, comment, cell);
    if (review.state.done !== null) {
      setComment('');
      setOpen(false);
    }
  };
  const silent = review.state.busy || comment.trim() === '';
  return (
    <details open={open} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>{trans.__('Decide on %1', title)}</summary>
      <div className="nbm-Form">
        <label className="nbm-Field">
          {trans.__('Comment on %1: why, or what is to change', title)}
          <textarea
            rows={2}
            maxLength={10_000}
            value={comment}
            onChange={event => setComment(event.target.value)}
          />
        </label>
        <div className="nbm-Actions">
          <button
            type="button"
            className="jp-Dialog-button jp-mod-reject jp-mod-styled"
            disabled={silent}
            onClick={() => void decide('requestChanges')}
          >
            {trans.__('Request changes of %1', title)}
          </button>
          <button
            type="button"
            className="jp-Dialog-button jp-mod-accept jp-mod-styled"
            disabled={silent}
            onClick={() => void decide('approve')}
          >
            {trans.__('Approve %1', title)}
          </button>
        </div>
      </div>
    </details>
  );
}

function Held(props: {
  readonly held: CellReview;
  readonly reference: string;
}): React.JSX.Element {
  const { held, reference } = props;
  const { trans } = useSurroundings();
  const approved = held.decision === 'approved';
  return (
    <p>
      <Badge
        tone={approved ? 'good' : 'busy'}
        label={approved ? trans.__('approved') : trans.__('changes requested')}
        reason=""
      />{' '}
      {held.author}: {held.comment}{' '}
      {held.reference !== reference && trans.__('(on %1)', held.reference)}{' '}
      <When at={held.decided_at} />
    </p>
  );
}
