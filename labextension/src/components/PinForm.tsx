import * as React from 'react';

import { STEP_NAME } from '../model/labels';
import type { SectionProps } from './sectionProps';
import { useSurroundings } from './surroundings';

/** Pins what a step of the notebook has read, under a name. */
export function PinForm(
  props: SectionProps & { readonly busy: boolean; readonly onDone: () => void }
): React.JSX.Element {
  const { model, plans, busy, onDone } = props;
  const { trans } = useSurroundings();
  const steps = (model.state.steps ?? []).map(one => one.name);
  const [step, setStep] = React.useState(steps[0] ?? '');
  const [name, setName] = React.useState('');
  const [comment, setComment] = React.useState('');
  const submit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    if (await plans.pin(name, step, comment)) {
      onDone();
    }
  };
  return (
    <form
      className="nbm-Form"
      aria-label={trans.__('Pin inputs as data set')}
      onSubmit={event => void submit(event)}
    >
      <label className="nbm-Field">
        {trans.__('Step')}
        <select value={step} onChange={event => setStep(event.target.value)}>
          {steps.map(one => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label className="nbm-Field">
        {trans.__('Name of the data set')}
        <input
          required
          pattern={STEP_NAME}
          title={trans.__('Letters, digits, and _ . - behind the first letter')}
          value={name}
          onChange={event => setName(event.target.value)}
        />
      </label>
      <label className="nbm-Field">
        {trans.__('Comment')}
        <textarea
          rows={2}
          maxLength={10_000}
          value={comment}
          onChange={event => setComment(event.target.value)}
        />
      </label>
      <button type="submit" className="nbm-Button nbm-mod-text" disabled={busy}>
        {trans.__('Pin')}
      </button>
    </form>
  );
}
