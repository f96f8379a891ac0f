import * as React from 'react';

import { useSurroundings } from '../components/surroundings';

/** Whether something is to be done; `yes` is what the button says. */
export interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly answer: (agreed: boolean) => void;
}

/** A question that is to be answered before anything else; Escape says no. */
export function ConfirmDialog(props: {
  readonly question: Question;
  readonly onEnd: () => void;
}): React.JSX.Element {
  const { question, onEnd } = props;
  const { trans } = useSurroundings();
  const node = React.useRef<HTMLDialogElement>(null);
  const agreed = React.useRef(false);
  const title = React.useId();
  React.useEffect(() => node.current?.showModal(), []);
  const end = (): void => {
    onEnd();
    question.answer(agreed.current);
  };
  return (
    <dialog
      ref={node}
      className="nbm-Panel nbm-Page-dialog"
      aria-labelledby={title}
      onClose={end}
    >
      <h2 id={title}>{question.title}</h2>
      <p>{question.text}</p>
      <div className="nbm-Page-answers">
        <button
          type="button"
          className="jp-Dialog-button jp-mod-reject jp-mod-styled"
          onClick={() => node.current?.close()}
        >
          {trans.__('Leave it')}
        </button>
        <button
          type="button"
          className="jp-Dialog-button jp-mod-accept jp-mod-styled"
          onClick={() => {
            agreed.current = true;
            node.current?.close();
          }}
        >
          {question.yes}
        </button>
      </div>
    </dialog>
  );
}
