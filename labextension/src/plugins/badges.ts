import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { CellBadges } from '../panels/cellBadges';
import type { OpenFacts, OpenNotebooks } from '../panels/openNotebooks';
import { IMlopsPanel, IOpenNotebooks } from '../panels/tokens';

/**
 * A badge at each cell that is a step: its version, and whether its result still holds.
 */
export const badgesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmlops:badges',
  description: 'Shows at each tracked cell how its step stands.',
  autoStart: true,
  requires: [IOpenNotebooks, IMlopsPanel],
  optional: [ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    notebooks: OpenNotebooks,
    panel: IMlopsPanel,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('nbmlops');
    const open = (step: string): void => {
      panel.show();
      panel.model.open(step);
    };
    const badge = (opened: OpenFacts): void =>
      void new CellBadges(opened, trans, open);
    notebooks.all.forEach(badge);
    notebooks.opened.connect((_, opened) => badge(opened));
  }
};
