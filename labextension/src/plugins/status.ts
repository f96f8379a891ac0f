import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { followSettings } from '../panels/followSettings';
import { bcp47 } from '../panels/language';
import { StepsStatus } from '../panels/StepsStatus';
import type { OpenNotebooks } from '../panels/openNotebooks';
import { IMlopsPanel, IOpenNotebooks } from '../panels/tokens';

/**
 * How the steps of the current notebook stand, in the status bar; `schema/status.json` takes it
 * away.
 */
export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmlops:status',
  description: 'Says in the status bar how the steps of the notebook stand.',
  autoStart: true,
  requires: [IOpenNotebooks, IMlopsPanel],
  optional: [IStatusBar, ISettingRegistry, ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    notebooks: OpenNotebooks,
    panel: IMlopsPanel,
    bar: IStatusBar | null,
    registry: ISettingRegistry | null,
    given: ITranslator | null
  ) => {
    if (bar === null) {
      return; // as in Jupyter Notebook
    }
    const translator = given ?? nullTranslator;
    const item = new StepsStatus(
      notebooks,
      translator.load('nbmlops'),
      bcp47(translator.languageCode),
      () => panel.show('Steps')
    );
    bar.registerStatusItem(statusPlugin.id, {
      item,
      align: 'left',
      rank: 4,
      isActive: () => item.active,
      activeStateChanged: item.activeChanged
    });
    void followSettings(registry, statusPlugin.id, translator, chosen => {
      item.shown = chosen.shown !== false;
    });
  }
};
