import * as React from 'react';

import type { RunForm } from '../model/runForm';
import { ParametersFieldset } from './ParametersFieldset';
import { ProblemBox } from './ProblemBox';
import { useSurroundings } from './surroundings';

/** A run that is to begin, with its parameters. */
export function RunFormView({
  form
}: {
  readonly form: RunForm;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { version, to, schema, values, problems, done, busy } = form.state;
  const title =
    to === null
      ? trans.__('Run %1', version)
      : trans.__('Run %1 up to %2', version, to);
  const whole = problems[''];
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    void form.submit();
  };
  return (
    <div className="nbm-Dialog">
      <h2>{title}</h2>
      {whole && <ProblemBox problem={whole} />}
      {schema === null && !whole && (
        <p className="nbm-Hint">{trans.__('Loading…')}</p>
      )}
      {schema && (
        <form aria-label={title} noValidate onSubmit={submit}>
          <ParametersFieldset
            schema={schema}
            values={values}
            problems={problems}
            onChange={changed => form.change(changed)}
          />
          <div className="nbm-Actions">
            <button
              type="submit"
              className="jp-Dialog-button jp-mod-accept jp-mod-styled"
              disabled={busy || done !== null}
            >
              {trans.__('Run')}
            </button>
          </div>
        </form>
      )}
      <p role="status" className="nbm-Announcement">
        {done}
      </p>
    </div>
  );
}
