import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { BADGE_PARTS } from '../model/cellBadge';
import { CellBadges } from '../panels/cellBadges';
import { followSettings, namesOn } from '../panels/followSettings';
import type { OpenFacts, OpenNotebooks } from '../panels/openNotebooks';
import { IMlopsPanel, IOpenNotebooks } from '../panels/tokens';

/**
 * A badge at each cell that is a step: its version, and whether its result still holds;
 * `schema/badges.json` says what is shown of it.
 */
export const badgesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmlops:badges',
  description: 'Shows at each tracked cell how its step stands.',
  autoStart: true,
  requires: [IOpenNotebooks, IMlopsPanel],
  optional: [ISettingRegistry, ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    notebooks: OpenNotebooks,
    panel: IMlopsPanel,
    registry: ISettingRegistry | null,
    given: ITranslator | null
  ) => {
    const translator = given ?? nullTranslator;
    const trans = translator.load('nbmlops');
    const all = new Set<CellBadges>();
    let parts = namesOn(BADGE_PARTS, {});
    const open = (step: string): void => {
      panel.show();
      panel.model.open(step);
    };
    const badge = (opened: OpenFacts): void => {
      const badges = new CellBadges(opened, trans, open, parts);
      all.add(badges);
      opened.panel.disposed.connect(() => all.delete(badges));
    };
    notebooks.all.forEach(badge);
    notebooks.opened.connect((_, opened) => badge(opened));
    void followSettings(registry, badgesPlugin.id, translator, chosen => {
      parts = namesOn(BADGE_PARTS, chosen);
      all.forEach(badges => badges.choose(parts));
    });
  }
};
