import * as React from 'react';

import type { TranscriptResponse } from '../contract/wire';
import type { Problem } from '../model/problem';
import { ProblemBox } from './ProblemBox';
import { useSurroundings } from './surroundings';

/** What a run has printed, cell by cell; follows the end while the run goes on. */
export function Transcript(props: {
  readonly run: string;
  readonly answer: TranscriptResponse | null;
  readonly problem: Problem | null;
}): React.JSX.Element {
  const { run, answer, problem } = props;
  const { trans } = useSurroundings();
  const text = React.useRef<HTMLPreElement>(null);
  const goesOn = answer?.status === 'running';
  React.useEffect(() => {
    if (goesOn && text.current) {
      text.current.scrollTop = text.current.scrollHeight;
    }
  }, [goesOn, answer?.text]);
  return (
    <>
      {problem && <ProblemBox problem={problem} />}
      {answer && answer.text === '' && (
        <p className="nbm-Hint">
          {goesOn
            ? trans.__('Nothing has been printed yet.')
            : trans.__(
                'The run printed nothing, or its notebook is not kept any more.'
              )}
        </p>
      )}
      <pre
        ref={text}
        className="nbm-Transcript"
        role="log"
        aria-label={trans.__('What %1 printed', run)}
        tabIndex={0}
      >
        {answer?.text}
      </pre>
    </>
  );
}
