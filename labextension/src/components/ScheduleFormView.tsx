import * as React from 'react';

import type { ScheduleForm } from '../model/scheduleForm';
import { DryRun } from './DryRun';
import { EventsFields } from './EventsFields';
import { FormField } from './FormField';
import { ParametersFieldset } from './ParametersFieldset';
import { PoliciesFields } from './PoliciesFields';
import { ProblemBox } from './ProblemBox';
import { useSurroundings } from './surroundings';
import { UpcomingTimes } from './UpcomingTimes';

/** A schedule that is being made or changed: what runs, when, with which parameters and policies. */
export function ScheduleFormView(props: {
  readonly form: ScheduleForm;
  readonly onReview: (version: string) => void;
}): React.JSX.Element {
  const { form } = props;
  const { notebook, schedule, offers, problems, done, plan } = form.state;
  const { trans } = useSurroundings();
  const whole = problems[''];
  return (
    <div className="nbm-Dialog">
      <h2>
        {schedule === null
          ? trans.__('Schedule %1', nameOf(notebook))
          : trans.__('Schedule %1 of %2', schedule, nameOf(notebook))}
      </h2>
      {whole && <ProblemBox problem={whole} />}
      {offers?.pipelines.length === 0 && (
        <p className="nbm-Hint">
          {trans.__(
            'This notebook is no pipeline yet. Build it first: in the file browser, or with'
          )}{' '}
          <code>%mlops build</code>
        </p>
      )}
      {form.chosen && <Form {...props} />}
      {plan && <DryRun plan={plan} />}
      <p role="status" className="nbm-Announcement">
        {done}
      </p>
    </div>
  );
}

/** The last part of a path. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function Form(props: {
  readonly form: ScheduleForm;
  readonly onReview: (version: string) => void;
}): React.JSX.Element {
  const { form, onReview } = props;
  const { trans } = useSurroundings();
  const { busy, done, schedule } = form.state;
  const refused = form.chosen?.reference === null ? form.chosen : null;
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    void form.submit();
  };
  return (
    <form aria-label={trans.__('Schedule')} noValidate onSubmit={submit}>
      <PipelineField form={form} />
      {refused && (
        <div className="nbm-Problem" role="alert">
          <p>{refused.problem}</p>
          {refused.cure !== null && <p>{refused.cure}</p>}
          <button
            type="button"
            className="nbm-Button nbm-mod-text"
            onClick={() => onReview(refused.latest)}
          >
            {trans.__('Review %1', refused.latest)}
          </button>
        </div>
      )}
      <WhenFields form={form} />
      {form.chosen && (
        <ParametersFieldset
          schema={form.chosen.parameters}
          values={form.state.draft.values}
          problems={form.state.problems}
          onChange={values => form.change({ values })}
        />
      )}
      <PoliciesFields form={form} />
      <div className="nbm-Actions">
        <button
          type="button"
          className="jp-Dialog-button jp-mod-reject jp-mod-styled"
          disabled={busy || refused !== null}
          onClick={() => void form.dryRun()}
        >
          {trans.__('Dry run')}
        </button>
        <button
          type="submit"
          className="jp-Dialog-button jp-mod-accept jp-mod-styled"
          disabled={busy || refused !== null || done !== null}
        >
          {schedule === null
            ? trans.__('Create schedule')
            : trans.__('Save changes')}
        </button>
      </div>
    </form>
  );
}

function PipelineField({
  form
}: {
  readonly form: ScheduleForm;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { offers, draft, problems } = form.state;
  const { chosen } = form;
  return (
    <FormField
      label={trans.__('Pipeline')}
      hint={
        chosen?.reference ? trans.__('What runs is %1.', chosen.reference) : ''
      }
      problem={problems.pipeline}
    >
      {control => (
        <select
          {...control}
          disabled={form.state.schedule !== null}
          value={draft.pipeline}
          onChange={event =>
            form.change({ pipeline: event.target.value, values: {} })
          }
        >
          {offers?.pipelines.map(one => (
            <option key={one.name}>{one.name}</option>
          ))}
        </select>
      )}
    </FormField>
  );
}

/** Zones that the browser knows; none where it does not tell. */
const ZONES: readonly string[] =
  'supportedValuesOf' in Intl ? Intl.supportedValuesOf('timeZone') : [];

function WhenFields({
  form
}: {
  readonly form: ScheduleForm;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { draft, problems, times } = form.state;
  const zones = React.useId();
  return (
    <>
      <FormField label={trans.__('Cron expression')} problem={problems.cron}>
        {control => (
          <input
            {...control}
            className="nbm-Code"
            spellCheck={false}
            value={draft.cron}
            onChange={event => form.change({ cron: event.target.value })}
          />
        )}
      </FormField>
      <FormField label={trans.__('Time zone')} problem={problems.timezone}>
        {control => (
          <input
            {...control}
            list={zones}
            value={draft.timezone}
            onChange={event => form.change({ timezone: event.target.value })}
          />
        )}
      </FormField>
      <datalist id={zones}>
        {['UTC', ...ZONES].map(zone => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <EventsFields form={form} />
      {problems.when && <ProblemBox problem={problems.when} />}
      {times && <UpcomingTimes when={form.when} times={times} />}
    </>
  );
}
