import * as React from 'react';

import type { Problem } from '../model/problem';
import { Details } from './Details';
import { spoken } from './problemText';
import { useSurroundings } from './surroundings';

/** What went wrong, what to do about it, and what a report of it should hold. */
export function ProblemBox({
  problem
}: {
  readonly problem: Problem;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { message, cure, details } = problem;
  return (
    <div className="nbm-Problem" role="alert">
      <p>{spoken(message, trans)}</p>
      {cure !== null && <p>{spoken(cure, trans)}</p>}
      <Details text={details} />
    </div>
  );
}
