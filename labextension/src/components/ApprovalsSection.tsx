import * as React from 'react';

import type { Returned, Waiting } from '../contract/wire';
import { Badge } from './Badge';
import { Action } from './RunActions';
import { useTopic } from './sectionProps';
import type { SectionProps } from './sectionProps';
import { useSurroundings } from './surroundings';
import { TopicView } from './TopicView';
import { When } from './When';

/** The pipeline versions of the project that wait for a decision. */
export function ApprovalsSection(props: SectionProps): React.JSX.Element {
  const state = useTopic(props, 'approvals');
  const { trans } = useSurroundings();
  const found = state.answers.approvals;
  return (
    <TopicView state={state} topic="approvals">
      {found?.waiting.length === 0 && (
        <p className="nbm-Hint">
          {trans.__(
            'Nothing waits for a decision. What is built next will, until somebody approves it.'
          )}
        </p>
      )}
      {found && found.waiting.length > 0 && !found.required && (
        <p className="nbm-Hint">
          {trans.__(
            'This project schedules versions without an approval, too.'
          )}
        </p>
      )}
      <ul aria-label={trans.__('Waiting for approval')}>
        {found?.waiting.map(one => (
          <WaitingItem
            key={one.reference}
            {...props}
            waiting={one}
            identity={found.identity}
            busy={state.busy}
          />
        ))}
      </ul>
      {found && found.returned.length > 0 && (
        <ul aria-label={trans.__('Changes requested')}>
          {found.returned.map(one => (
            <ReturnedItem key={one.reference} {...props} returned={one} />
          ))}
        </ul>
      )}
    </TopicView>
  );
}

function ReturnedItem(
  props: SectionProps & { readonly returned: Returned }
): React.JSX.Element {
  const { reference, by, comment, decided_at } = props.returned;
  const { trans } = useSurroundings();
  return (
    <li className="nbm-Item">
      <div className="nbm-Item-headline">
        <strong className="nbm-Reference">{reference}</strong>
        <Badge tone="busy" label={trans.__('changes requested')} reason="" />
        <When at={decided_at} />
      </div>
      <p>{trans.__('%1: %2', by, comment)}</p>
      <div className="nbm-Actions">
        <Action
          label={trans.__('Review')}
          of={reference}
          onClick={() => props.host.openReview(reference)}
        />
      </div>
    </li>
  );
}

type ItemProps = SectionProps & {
  readonly waiting: Waiting;
  readonly identity: string;
  readonly busy: boolean;
};

function WaitingItem(props: ItemProps): React.JSX.Element {
  const { waiting } = props;
  const { trans } = useSurroundings();
  const facts = [
    waiting.notebook,
    trans.__('built by %1', waiting.author),
    trans.__('steps: %1', waiting.steps.join(', ')),
    ...(waiting.parameters.length > 0
      ? [trans.__('parameters: %1', waiting.parameters.join(', '))]
      : []),
    ...(waiting.replaces !== null
      ? [trans.__('replaces %1', waiting.replaces)]
      : [])
  ];
  return (
    <li className="nbm-Item">
      <div className="nbm-Item-headline">
        <strong className="nbm-Reference">{waiting.reference}</strong>
        <When at={waiting.created_at} />
      </div>
      <p className="nbm-Facts">{facts.filter(Boolean).join(' · ')}</p>
      {waiting.warnings.map(warning => (
        <p key={warning} className="nbm-Warning">
          {trans.__('Warning: %1', warning)}
        </p>
      ))}
      <div className="nbm-Actions">
        <Action
          label={trans.__('Review')}
          of={waiting.reference}
          onClick={() => props.host.openReview(waiting.reference)}
        />
      </div>
      <ApproveForm {...props} />
    </li>
  );
}

function ApproveForm({
  waiting,
  identity,
  busy,
  plans
}: ItemProps): React.JSX.Element {
  const { trans } = useSurroundings();
  const [comment, setComment] = React.useState('');
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    void plans.act((api, path) =>
      api.approve(path, waiting.reference, comment)
    );
  };
  return (
    <form
      className="nbm-Form"
      aria-label={trans.__('Approve %1', waiting.reference)}
      onSubmit={submit}
    >
      <label className="nbm-Field">
        {trans.__('Why it may be scheduled')}
        <textarea
          required
          rows={2}
          maxLength={10_000}
          value={comment}
          onChange={event => setComment(event.target.value)}
        />
      </label>
      <button
        type="submit"
        className="nbm-Button nbm-mod-text"
        disabled={busy || comment.trim() === ''}
      >
        {trans.__('Approve as %1', identity)}
      </button>
    </form>
  );
}
