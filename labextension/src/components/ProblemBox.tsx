import * as React from 'react';

import type { Problem } from '../model/problem';

/** What went wrong, and what to do about it. */
export function ProblemBox({
  problem
}: {
  readonly problem: Problem;
}): React.JSX.Element {
  return (
    <div className="nbm-Problem" role="alert">
      <p>{problem.message}</p>
      {problem.cure !== null && <p>{problem.cure}</p>}
    </div>
  );
}
