import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { ScheduleAction } from '../api/panelClient';
import type {
  BackfillRow,
  FireResult,
  FireStatus,
  ScheduleRow
} from '../contract/wire';
import { Badge } from './Badge';
import { NamedValues } from './NamedValues';
import { Action } from './RunActions';
import { useTopic } from './sectionProps';
import type { SectionProps } from './sectionProps';
import { useSurroundings } from './surroundings';
import { TopicView } from './TopicView';
import { When } from './When';
import { whenText } from './whenText';

/** When the notebook's pipelines run by themselves, and for which times of the past. */
export function SchedulesSection(props: SectionProps): React.JSX.Element {
  const state = useTopic(props, 'schedules');
  const { trans } = useSurroundings();
  const found = state.answers.schedules;
  const waits = found?.schedules.some(one => !one.paused);
  return (
    <TopicView state={state} topic="schedules">
      {found?.schedules.length === 0 && (
        <p className="nbm-Hint">
          {trans.__('No schedule yet. Approve a pipeline, then make one here.')}
        </p>
      )}
      {found && waits && !found.scheduler_runs && (
        <p className="nbm-Hint">
          {trans.__(
            'No scheduler runs on this machine, so that nothing fires. Start one here, or with'
          )}{' '}
          <code>nbmlops scheduler start</code>
        </p>
      )}
      {found?.scheduler_runs && (
        <p className="nbm-Hint">
          {trans.__(
            'A scheduler runs on this machine: what is due fires. Stop it with'
          )}{' '}
          <code>nbmlops scheduler stop</code>
        </p>
      )}
      <div className="nbm-Actions nbm-mod-top">
        <button
          type="button"
          className="nbm-Button nbm-mod-text"
          onClick={() => props.host.openSchedule()}
        >
          {trans.__('New schedule…')}
        </button>
        {found && waits && !found.scheduler_runs && (
          <button
            type="button"
            className="nbm-Button nbm-mod-text"
            disabled={state.busy}
            onClick={() =>
              void props.plans.act((api, path) => api.startScheduler(path))
            }
          >
            {trans.__('Start scheduler')}
          </button>
        )}
      </div>
      <ul aria-label={trans.__('Schedules')}>
        {found?.schedules.map(one => (
          <ScheduleItem key={one.id} {...props} row={one} busy={state.busy} />
        ))}
      </ul>
      {found && found.backfills.length > 0 && (
        <ul aria-label={trans.__('Backfills')}>
          {found.backfills.map(one => (
            <BackfillItem key={one.id} row={one} />
          ))}
        </ul>
      )}
    </TopicView>
  );
}

type ItemProps = SectionProps & {
  readonly row: ScheduleRow;
  readonly busy: boolean;
};

function ScheduleItem(props: ItemProps): React.JSX.Element {
  const { row } = props;
  const { trans, locale } = useSurroundings();
  return (
    <li className="nbm-Item">
      <div className="nbm-Item-headline">
        <strong className="nbm-Reference">{row.reference}</strong>
        <span title={row.when}>{whenText(row.asked, trans, locale)}</span>
      </div>
      <p className="nbm-Facts">
        {[trans.__('Schedule %1', row.id), row.timezone, row.author].join(
          ' · '
        )}
      </p>
      <div className="nbm-Facts">
        {row.paused ? (
          <Badge
            tone="busy"
            label={trans.__('paused')}
            reason={row.pause_reason ?? ''}
          />
        ) : row.next !== null ? (
          <>
            {trans.__('next')} <When at={row.next} ahead />
          </>
        ) : (
          trans.__('next on its event')
        )}
      </div>
      {row.last && <LastResult last={row.last} />}
      <NamedValues
        label={trans.__('Parameters')}
        values={Object.entries(row.parameters).map(([name, value]) => [
          name,
          JSON.stringify(value)
        ])}
      />
      <ScheduleActions {...props} />
    </li>
  );
}

function LastResult({
  last
}: {
  readonly last: FireResult;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  return (
    <div className="nbm-Facts">
      {trans.__('last')} <When at={last.due_at} />{' '}
      <Badge
        tone={TONES[last.status]}
        label={fireText(last.status, trans)}
        reason={last.note ?? ''}
      />{' '}
      {last.run}
    </div>
  );
}

const TONES: Record<FireStatus, 'good' | 'bad' | 'busy' | 'quiet'> = {
  succeeded: 'good',
  failed: 'bad',
  claimed: 'busy',
  due: 'busy',
  skipped: 'quiet'
};

function fireText(status: FireStatus, trans: TranslationBundle): string {
  const words: Record<FireStatus, string> = {
    succeeded: trans.__('succeeded'),
    failed: trans.__('failed'),
    claimed: trans.__('running'),
    due: trans.__('waiting'),
    skipped: trans.__('skipped')
  };
  return words[status];
}

function ScheduleActions(props: ItemProps): React.JSX.Element {
  const { row, plans, busy } = props;
  const { trans } = useSurroundings();
  const [filling, fill] = React.useState(false);
  const name = trans.__('schedule %1', row.id);
  const act = (action: ScheduleAction): void =>
    void plans.act(
      (api, path) => api.schedule(path, row.id, action),
      action === 'fire' ? 'until a run has ended' : 'for a while'
    );
  return (
    <>
      <div
        className="nbm-Actions"
        role="group"
        aria-label={trans.__('Actions on %1', name)}
      >
        {row.paused ? (
          <Action
            label={trans.__('Resume')}
            of={name}
            disabled={busy}
            onClick={() => act('resume')}
          />
        ) : (
          <>
            <Action
              label={trans.__('Pause')}
              of={name}
              disabled={busy}
              onClick={() => act('pause')}
            />
            <Action
              label={trans.__('Run now')}
              of={name}
              disabled={busy}
              onClick={() => act('fire')}
            />
          </>
        )}
        <Action
          label={trans.__('Edit…')}
          of={name}
          disabled={busy}
          onClick={() => props.host.openSchedule(row.id)}
        />
        <Action
          label={trans.__('Backfill…')}
          of={name}
          disabled={busy}
          onClick={() => fill(!filling)}
        />
      </div>
      {filling && <BackfillForm {...props} onDone={() => fill(false)} />}
    </>
  );
}

function BackfillForm(
  props: ItemProps & { readonly onDone: () => void }
): React.JSX.Element {
  const { row, plans, busy, onDone } = props;
  const { trans } = useSurroundings();
  const [start, setStart] = React.useState('');
  const [end, setEnd] = React.useState('');
  const submit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    if (
      await plans.act((api, path) => api.backfill(path, row.id, start, end))
    ) {
      onDone();
    }
  };
  return (
    <form
      className="nbm-Form"
      aria-label={trans.__('Backfill of schedule %1', row.id)}
      onSubmit={event => void submit(event)}
    >
      <p className="nbm-Facts">
        {row.cron !== ''
          ? trans.__(
              'Runs for the times of the past at which it would have been due.'
            )
          : trans.__('Runs for each day of the past, once.')}
      </p>
      <DateField label={trans.__('From')} value={start} onChange={setStart} />
      <DateField label={trans.__('To')} value={end} onChange={setEnd} />
      <button type="submit" className="nbm-Button nbm-mod-text" disabled={busy}>
        {trans.__('Backfill')}
      </button>
    </form>
  );
}

function DateField(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): React.JSX.Element {
  return (
    <label className="nbm-Field">
      {props.label}
      <input
        type="date"
        required
        value={props.value}
        onChange={event => props.onChange(event.target.value)}
      />
    </label>
  );
}

function BackfillItem({
  row
}: {
  readonly row: BackfillRow;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const total = Object.values(row.counts).reduce((sum, one) => sum + one, 0);
  const open = (row.counts.due ?? 0) + (row.counts.claimed ?? 0);
  const facts = [
    trans.__('%1 of %2 ended', total - open, total),
    ...(row.counts.failed ? [trans.__('%1 failed', row.counts.failed)] : []),
    ...(row.paused ? [trans.__('paused')] : [])
  ];
  return (
    <li className="nbm-Item">
      <div className="nbm-Item-headline">
        <strong className="nbm-Reference">{row.reference}</strong>
        <span>{trans.__('backfill %1, %2', row.id, row.step)}</span>
      </div>
      <progress
        aria-label={trans.__('Progress of backfill %1', row.id)}
        value={total - open}
        max={total || 1}
      />
      <p className="nbm-Facts">{facts.join(' · ')}</p>
    </li>
  );
}
