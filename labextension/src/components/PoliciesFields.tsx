import * as React from 'react';

import type { Draft, ScheduleForm } from '../model/scheduleForm';
import { FormField } from './FormField';
import { useSurroundings } from './surroundings';

/**
 * What a schedule keeps to besides its times; folded at first where it is what most do, as the
 * defaults are sane.
 */
export function PoliciesFields({
  form
}: {
  readonly form: ScheduleForm;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { draft, problems } = form.state;
  const refused = ['max_age', 'timeout', 'deadline'].some(
    field => field in problems
  );
  const [open, fold] = React.useState(() => saysMore(draft));
  return (
    <details
      open={open || refused}
      onToggle={event => fold(event.currentTarget.open)}
    >
      <summary>{trans.__('Policies')}</summary>
      <FormField
        label={trans.__('Missed while no scheduler ran')}
        hint={trans.__('Without an age, all of the last 24 hours.')}
      >
        {control => (
          <select
            {...control}
            value={draft.missed}
            onChange={event =>
              form.change({ missed: event.target.value as Draft['missed'] })
            }
          >
            <option value="all">{trans.__('run all of them')}</option>
            <option value="latest">{trans.__('run the latest')}</option>
            <option value="skip">{trans.__('skip them')}</option>
          </select>
        )}
      </FormField>
      <TextField
        form={form}
        field="max_age"
        label={trans.__('Make up for what was missed at most so long ago')}
        hint={trans.__('6h, 2d')}
      />
      <FormField label={trans.__('Due while an earlier run goes on')}>
        {control => (
          <select
            {...control}
            value={draft.overlap}
            onChange={event =>
              form.change({ overlap: event.target.value as Draft['overlap'] })
            }
          >
            <option value="queue">{trans.__('wait for it')}</option>
            <option value="skip">{trans.__('skip this one')}</option>
            <option value="cancel">{trans.__('cancel the earlier one')}</option>
          </select>
        )}
      </FormField>
      <FormField
        label={trans.__('Retries of a step that fails')}
        hint={trans.__("Empty: as the project's settings say.")}
      >
        {control => (
          <input
            {...control}
            type="number"
            min={0}
            max={100}
            value={draft.retries ?? ''}
            onChange={event => {
              const { value } = event.target;
              form.change({ retries: value === '' ? null : Number(value) });
            }}
          />
        )}
      </FormField>
      <TextField
        form={form}
        field="timeout"
        label={trans.__('Timeout of a run')}
        hint={trans.__('30m, 2h; empty: as long as it takes.')}
      />
      <TextField
        form={form}
        field="deadline"
        label={trans.__('Tell when it has not succeeded by')}
        hint={trans.__('07:00, or 45m after it was due.')}
      />
    </details>
  );
}

function saysMore(draft: Draft): boolean {
  const { missed, overlap, retries, max_age, timeout, deadline } = draft;
  const usual = missed === 'all' && overlap === 'queue' && retries === null;
  return !usual || max_age + timeout + deadline !== '';
}

function TextField(props: {
  readonly form: ScheduleForm;
  readonly field: 'max_age' | 'timeout' | 'deadline';
  readonly label: string;
  readonly hint: string;
}): React.JSX.Element {
  const { form, field, label, hint } = props;
  const { draft, problems } = form.state;
  return (
    <FormField label={label} hint={hint} problem={problems[field]}>
      {control => (
        <input
          {...control}
          value={draft[field]}
          onChange={event => form.change({ [field]: event.target.value })}
        />
      )}
    </FormField>
  );
}
