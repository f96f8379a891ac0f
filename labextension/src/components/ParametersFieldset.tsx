import * as React from 'react';

import type { Schema, Values } from '../model/parameterForm';
import type { Problem } from '../model/problem';
import { ParametersForm } from './ParametersForm';
import { ProblemBox } from './ProblemBox';
import { spoken } from './problemText';
import { useSurroundings } from './surroundings';

const PREFIX = 'parameters.';

/** The parameters of a pipeline in a form; nothing where it has none. */
export function ParametersFieldset(props: {
  readonly schema: Schema;
  readonly values: Values;
  readonly problems: Readonly<Record<string, Problem>>;
  readonly onChange: (values: Values) => void;
}): React.JSX.Element | null {
  const { schema, values, problems, onChange } = props;
  const { trans } = useSurroundings();
  if (Object.keys(schema.properties ?? {}).length === 0) {
    return null;
  }
  const refused = Object.entries(problems)
    .filter(([field]) => field.startsWith(PREFIX))
    .map(([field, problem]): [string, Problem] => [
      field.slice(PREFIX.length),
      problem
    ]);
  return (
    <fieldset>
      <legend>{trans.__('Parameters')}</legend>
      {problems.parameters && <ProblemBox problem={problems.parameters} />}
      <div role="alert" className="nbm-Hidden">
        {refused.map(([name, { message }]) => (
          <p key={name}>{spoken(message, trans)}</p>
        ))}
      </div>
      <ParametersForm
        schema={schema}
        values={values}
        problems={Object.fromEntries(refused)}
        onChange={onChange}
      />
    </fieldset>
  );
}
