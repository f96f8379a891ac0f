import { FormComponent } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { ErrorSchema, RJSFSchema } from '@rjsf/utils';
import { customizeValidator } from '@rjsf/validator-ajv8';
import * as React from 'react';

import { parametersSchema, uiSchema } from '../model/parameterForm';
import type { Schema, Values } from '../model/parameterForm';
import type { Problem } from '../model/problem';
import { limitsText } from './limitsText';
import { spoken } from './problemText';
import { useSurroundings } from './surroundings';

const VALIDATOR = customizeValidator<ReadonlyJSONObject>();

/** How the ids of controls begin; the name of the parameter follows. */
const PREFIX = 'nbmlops-parameter';

type UiSchema = NonNullable<
  React.ComponentProps<typeof FormComponent>['uiSchema']
>;

/**
 * The parameters of a pipeline as JupyterLab's form, made of their JSON Schema. Nothing is
 * validated here: `problems` are what the server has refused, by parameter. Their cures are left
 * out, which say what to type on the command line.
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
    () => parametersSchema(schema, one => limitsText(one, trans)) as RJSFSchema,
    [schema, trans]
  );
  const errors = Object.fromEntries(
    Object.entries(problems).map(([name, problem]) => [
      name,
      { __errors: [spoken(problem.message, trans)] }
    ])
  ) as ErrorSchema;
  const node = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    if (node.current) {
      describeControls(node.current, Object.keys(problems));
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
        idPrefix={PREFIX}
        tagName="div"
        onChange={({ formData }) => onChange(formData ?? {})}
      />
    </div>
  );
}

/**
 * JupyterLab's form says what a control is in a heading above it, what it takes below it, and that
 * it was refused by its color, which tells who hears it nothing.
 */
function describeControls(node: HTMLElement, refused: readonly string[]): void {
  for (const control of node.querySelectorAll('input, select, textarea')) {
    const field = control.closest('.jp-FormGroup-content');
    const heading = field?.querySelector('.jp-FormGroup-fieldLabel');
    const name = heading?.textContent?.trim();
    if (name && control.closest('label') === null) {
      control.setAttribute('aria-label', name);
    }
    const isRefused = refused.some(one => control.id === `${PREFIX}_${one}`);
    control.setAttribute('aria-invalid', String(isRefused));
    const help = field?.querySelector('.jp-FormGroup-description');
    const id = `${control.id}__description`; // of which the control says that it describes it
    if (help && document.getElementById(id) === null) {
      help.id = id;
    }
  }
}
