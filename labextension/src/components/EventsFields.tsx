import * as React from 'react';

import { isEmpty } from '../model/scheduleForm';
import type { Events, ScheduleForm } from '../model/scheduleForm';
import { FormField } from './FormField';
import { useSurroundings } from './surroundings';

type TextName = Exclude<keyof Events, 'http' | 'join' | 'business_days'>;

/**
 * What else makes a schedule fire, and within which hours and days; folded at first where it is
 * the clock alone, as usual.
 */
export function EventsFields({
  form
}: {
  readonly form: ScheduleForm;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { events } = form.state.draft;
  const change = (changed: Partial<Events>): void =>
    form.change({ events: { ...events, ...changed } });
  const [open, fold] = React.useState(() => !isEmpty(events));
  return (
    <details open={open} onToggle={event => fold(event.currentTarget.open)}>
      <summary>{trans.__('Other times and events')}</summary>
      <p className="nbm-Facts">
        {trans.__(
          'Leave the cron expression empty where none is meant. Write several of a kind with ; between them.'
        )}
      </p>
      <Causes form={form} />
      <Flag
        label={trans.__('When somebody calls who has the token')}
        value={events.http}
        onChange={http => change({ http })}
      />
      <FormField label={trans.__('Of several of these')}>
        {control => (
          <select
            {...control}
            value={events.join}
            onChange={event =>
              change({ join: event.target.value as Events['join'] })
            }
          >
            <option value="any">{trans.__('each fires by itself')}</option>
            <option value="all">
              {trans.__('fire once all have happened')}
            </option>
          </select>
        )}
      </FormField>
      <TextField
        form={form}
        name="between"
        label={trans.__('Only within hours')}
        hint="08:00-18:00"
      />
      <TextField
        form={form}
        name="days"
        label={trans.__('Only on weekdays')}
        hint="mon-fri; mon,wed,fri"
      />
      <Flag
        label={trans.__('Only on working days')}
        value={events.business_days}
        onChange={business_days => change({ business_days })}
      />
      <TextField
        form={form}
        name="holidays"
        label={trans.__('Not on holidays of')}
        hint="DE; DE-BE; US-CA"
      />
    </details>
  );
}

function Causes({ form }: { readonly form: ScheduleForm }): React.JSX.Element {
  const { trans } = useSurroundings();
  return (
    <>
      <TextField
        form={form}
        name="every"
        label={trans.__('Every')}
        hint="15m; 6h"
      />
      <TextField
        form={form}
        name="at"
        label={trans.__('Once at')}
        hint="2026-12-24T18:00"
      />
      <TextField
        form={form}
        name="after"
        label={trans.__('After a run of another pipeline')}
        hint="clean; clean:failed; clean:any"
      />
      <TextField
        form={form}
        name="on_change"
        label={trans.__('When files change')}
        hint="data/*.parquet"
      />
      <TextField
        form={form}
        name="metric"
        label={trans.__('When a metric crosses a threshold')}
        hint="train.auc < 0.8"
      />
      <TextField
        form={form}
        name="on_data"
        label={trans.__('When a data set is pinned')}
        hint="flights"
      />
    </>
  );
}

function TextField(props: {
  readonly form: ScheduleForm;
  readonly name: TextName;
  readonly label: string;
  readonly hint: string;
}): React.JSX.Element {
  const { form, name, label, hint } = props;
  const { draft, problems } = form.state;
  return (
    <FormField label={label} hint={hint} problem={problems[name]}>
      {control => (
        <input
          {...control}
          className="nbm-Code"
          spellCheck={false}
          value={draft.events[name]}
          onChange={event =>
            form.change({
              events: { ...draft.events, [name]: event.target.value }
            })
          }
        />
      )}
    </FormField>
  );
}

function Flag(props: {
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}): React.JSX.Element {
  return (
    <FormField label={props.label}>
      {control => (
        <input
          {...control}
          type="checkbox"
          checked={props.value}
          onChange={event => props.onChange(event.target.checked)}
        />
      )}
    </FormField>
  );
}
