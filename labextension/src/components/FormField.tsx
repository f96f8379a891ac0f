import * as React from 'react';

import type { Problem } from '../model/problem';
import { problemText } from './problemText';
import { useSurroundings } from './surroundings';

/** What the control of a field is given: what describes it, and whether it was refused. */
export interface ControlProps {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': boolean;
}

/** A field of a form with its label, a hint, and why what is in it was refused. */
export function FormField(props: {
  readonly label: string;
  readonly hint?: string;
  readonly problem?: Problem | undefined;
  readonly children: (control: ControlProps) => React.ReactNode;
}): React.JSX.Element {
  const { label, hint, problem, children } = props;
  const id = React.useId();
  const { trans } = useSurroundings();
  return (
    <div className="nbm-FormField">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        'aria-describedby': `${id}-about`,
        'aria-invalid': problem !== undefined
      })}
      <div id={`${id}-about`} role="status">
        {problem ? (
          <p className="nbm-FieldProblem">{problemText(problem, trans)}</p>
        ) : (
          hint && <p className="nbm-Facts">{hint}</p>
        )}
      </div>
    </div>
  );
}
