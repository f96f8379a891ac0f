import { Clipboard, Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { problemText } from '../components/problemText';
import { problemOf } from '../model/problem';

/** Tell what went wrong where no view of ours has room for it. */
export function tellProblem(error: unknown, trans: TranslationBundle): void {
  const problem = problemOf(error);
  Notification.error(problemText(problem, trans), {
    actions: [
      {
        label: trans.__('Copy details'),
        callback: () => Clipboard.copyToSystem(problem.details)
      }
    ]
  });
}
