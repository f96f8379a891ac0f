import {
  Clipboard,
  Dialog,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { problemText } from '../components/problemText';
import { problemOf } from '../model/problem';

/** How many characters JupyterLab shows of a notification. */
const MOST = 140;

/** Tell what went wrong where no view of ours has room for it. */
export function tellProblem(error: unknown, trans: TranslationBundle): void {
  const problem = problemOf(error);
  const text = problemText(problem, trans);
  const copy = (): void => Clipboard.copyToSystem(problem.details);
  const label = trans.__('Copy details');
  if (text.length > MOST) {
    void tellAll(text, label, copy, trans);
  } else {
    Notification.error(text, { actions: [{ label, callback: copy }] });
  }
}

/** In a dialog: a notification would leave the end away, which says what to do. */
async function tellAll(
  text: string,
  label: string,
  copy: () => void,
  trans: TranslationBundle
): Promise<void> {
  const body = new Widget();
  body.addClass('nbm-ProblemText');
  body.node.textContent = text;
  const answer = await showDialog({
    title: trans.__('This was not done'),
    body,
    buttons: [
      Dialog.cancelButton({ label }),
      Dialog.okButton({ label: trans.__('Close') })
    ]
  });
  if (answer.button.label === label) {
    copy();
  }
}
