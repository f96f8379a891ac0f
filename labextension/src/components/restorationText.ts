import type { TranslationBundle } from '@jupyterlab/translation';

import type { Restoration } from '../model/restoring';

/** What became of a restoration, in words. */
export function restorationText(
  restored: Restoration,
  trans: TranslationBundle
): string {
  switch (restored.kind) {
    case 'source':
      return trans.__(
        "%1 was inserted below the step's cell, under the same name. Run it, then delete the cell that you do not want: a notebook with two cells of one name is not built.",
        restored.reference
      );
    case 'waiting':
      return trans.__(
        'Putting the values of %1 back into the kernel…',
        restored.reference
      );
    case 'values':
      return restored.answer;
  }
}
