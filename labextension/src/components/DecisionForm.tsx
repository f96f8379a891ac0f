import * as React from 'react';

import type { ReviewResponse } from '../contract/wire';
import type { Verdict, VersionReview } from '../model/versionReview';
import { ProblemBox } from './ProblemBox';
import { useSurroundings } from './surroundings';

/** Approve a version or say what is to change, with a comment, as whoever is logged in. */
export function DecisionForm(props: {
  readonly review: VersionReview;
  readonly answer: ReviewResponse;
}): React.JSX.Element {
  const { review, answer } = props;
  const { trans } = useSurroundings();
  const { busy, done, decidedOn } = review.state;
  const failed = decidedOn === '' ? review.state.failed : null;
  const [comment, setComment] = React.useState('');
  const decide = async (verdict: Verdict): Promise<void> => {
    await review.decide(verdict, comment);
    if (review.state.done !== null) {
      setComment('');
    }
  };
  const silent = busy || comment.trim() === '';
  return (
    <section aria-label={trans.__('Decision')}>
      <h3>{trans.__('Decision')}</h3>
      {failed && <ProblemBox problem={failed} />}
      <p role="status" className="nbm-Announcement">
        {done}
      </p>
      {answer.approved ? (
        done === null && <p>{trans.__('%1 is approved.', answer.reference)}</p>
      ) : (
        <form
          className="nbm-Form"
          aria-label={trans.__('Decide on %1', answer.reference)}
          onSubmit={event => event.preventDefault()}
        >
          <label className="nbm-Field">
            {trans.__('Comment: why, or what is to change')}
            <textarea
              required
              rows={3}
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
              {trans.__('Request changes as %1', answer.identity)}
            </button>
            <button
              type="button"
              className="jp-Dialog-button jp-mod-accept jp-mod-styled"
              disabled={silent}
              onClick={() => void decide('approve')}
            >
              {trans.__('Approve as %1', answer.identity)}
            </button>
          </div>
        </form>
      )}
    </section>
  );
}
