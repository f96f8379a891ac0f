import { FormComponent } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { ErrorSchema, RJSFSchema } from '@rjsf/utils';
import { customizeValidator } from '@rjsf/validator-ajv8';
import * as React from 'react';

import { parametersSchema, uiSchema } from '../model/parameterForm';
import type { Schema, Values } from '../model/parameterForm';
import type { Problem } from '../model/problem';
import { problemText } from './problemText';
import { useSurroundings } from './surroundings';

const VALIDATOR = customizeValidator<ReadonlyJSONObject>();

type UiSchema = NonNullable<
  React.ComponentProps<typeof FormComponent>['uiSchema']
>;

/**
 * The parameters of a pipeline as JupyterLab's form, made of their JSON Schema. Nothing is
 * validated here: `problems` are what the server has refused, by parameter.
 *
 * It brings a validator, by which the form finds what a value of several types is: load it with
 * `React.lazy`.
 */
export function ParametersForm(props: {
  readonly schema: Schema;
  readonly values: Values;
  readonly problems: Readonly<Record<string, Problem>>;
  readonly onChange: (values: Values) => void;
}): React.JSX.Element {
  const { schema, values, problems, onChange } = props;
  const { trans } = useSurroundings();
  const shown = React.useMemo(
    () => parametersSchema(schema) as RJSFSchema,
    [schema]
  );
  const errors = Object.fromEntries(
    Object.entries(problems).map(([name, problem]) => [
      name,
      { __errors: [problemText(problem, trans)] }
    ])
  ) as ErrorSchema;
  const node = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    if (node.current) {
      nameControls(node.current);
    }
  });
  return (
    <div ref={node}>
      <FormComponent
        schema={shown}
        uiSchema={uiSchema(schema) as UiSchema}
        validator={VALIDATOR}
        formData={values as ReadonlyJSONObject}
        extraErrors={errors}
        noValidate
        noHtml5Validate
        showErrorList={false}
        showModifiedFromDefault={false}
        idPrefix="nbmlops-parameter"
        tagName="div"
        onChange={({ formData }) => onChange(formData ?? {})}
      />
    </div>
  );
}

/** JupyterLab's form says what a control is in a heading above it, which names it to nobody. */
function nameControls(node: HTMLElement): void {
  for (const control of node.querySelectorAll('input, select, textarea')) {
    const field = control.closest('.jp-FormGroup-content');
    const heading = field?.querySelector('.jp-FormGroup-fieldLabel');
    const name = heading?.textContent?.trim();
    if (name && control.closest('label') === null) {
      control.setAttribute('aria-label', name);
    }
  }
}
