import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { EventStream } from '../api/events';
import { Alerts, choicesOf } from '../model/alerts';
import { AlertNotices } from '../panels/alertNotices';
import { followSettings } from '../panels/followSettings';
import type { OpenNotebooks } from '../panels/openNotebooks';
import { IMlopsPanel, IOpenNotebooks } from '../panels/tokens';

/**
 * Tells when a schedule fails, recovers or is late; `schema/alerts.json` says which of it.
 */
export const alertsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmlops:alerts',
  description: 'Shows a notification when a schedule fails or recovers.',
  autoStart: true,
  requires: [IOpenNotebooks, IMlopsPanel],
  optional: [ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: OpenNotebooks,
    panel: IMlopsPanel,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ) => {
    const alerts = new Alerts();
    const openSchedules = (): void => panel.show('Schedules');
    const notices = new AlertNotices(
      alerts,
      {
        openSchedules,
        openRun: ({ run, notebook, kind }) => {
          if (run !== null && kind !== 'late') {
            void panel.tabs.openReport(notebook, run);
            return;
          }
          const opened = notebooks.all.find(
            ({ facts }) => facts.notebook.path === notebook
          );
          if (run !== null && opened) {
            void panel.tabs.openLog(notebook, run); // it may go on
          } else {
            openSchedules();
          }
        }
      },
      (translator ?? nullTranslator).load('nbmlops')
    );
    const events = new EventStream(app.serviceManager.events);
    events.alerts.connect((_, event) => notices.show(event));
    void followSettings(
      registry,
      alertsPlugin.id,
      translator ?? nullTranslator,
      chosen => {
        alerts.choices = choicesOf(chosen);
        notices.ask();
      }
    );
  }
};
