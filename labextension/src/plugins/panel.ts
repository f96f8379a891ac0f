import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { MlopsClient } from '../api/client';
import { RunEventStream } from '../api/runEvents';
import { stepsIcon } from '../components/icons';
import { PanelModel } from '../model/panelModel';
import { MlopsPanel } from '../panels/MlopsPanel';
import { NotebookPanelView } from '../panels/notebookPanel';

const SHOW_STEPS = 'nbmlops:show-steps';

/**
 * The panel with the steps of the current notebook, and the command that shows it.
 */
export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmlops:panel',
  description: 'Shows the steps of the open notebook, their versions and runs.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ILayoutRestorer, ITranslator],
  activate
};

function activate(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  palette: ICommandPalette | null,
  restorer: ILayoutRestorer | null,
  translator: ITranslator | null
): void {
  const model = new PanelModel(
    new MlopsClient(app.serviceManager.serverSettings)
  );
  new RunEventStream(app.serviceManager.events).arrived.connect((_, event) =>
    model.noteRun(event)
  );
  const panel = new MlopsPanel(model, translator ?? nullTranslator);
  app.shell.add(panel, 'right', { rank: 900 });
  restorer?.add(panel, panel.id);
  addCommand(app, panel, palette, translator ?? nullTranslator);
  followCurrent(app, tracker, model);
}

function addCommand(
  app: JupyterFrontEnd,
  panel: MlopsPanel,
  palette: ICommandPalette | null,
  translator: ITranslator
): void {
  const trans = translator.load('nbmlops');
  app.commands.addCommand(SHOW_STEPS, {
    label: trans.__('MLOps: Show Steps'),
    caption: trans.__('Show the steps of the open notebook'),
    icon: stepsIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => {
      app.shell.activateById(panel.id);
      panel.node.focus();
    }
  });
  palette?.addItem({ command: SHOW_STEPS, category: trans.__('MLOps') });
}

/** Follow the notebook that is current, its moves, and the cells that run in it. */
function followCurrent(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  model: PanelModel
): void {
  let current: NotebookPanel | null = null;
  const follow = (): void => {
    const path = current?.context.path ?? '';
    const local = app.serviceManager.contents.localPath(path);
    void model.follow(current && new NotebookPanelView(current, local));
  };
  tracker.currentChanged.connect((_, notebook) => {
    current?.context.pathChanged.disconnect(follow);
    current = notebook;
    current?.context.pathChanged.connect(follow);
    void (current?.revealed ?? Promise.resolve()).then(follow);
  });
  NotebookActions.executed.connect((_, { notebook }) => {
    if (notebook === current?.content) {
      void model.refresh();
    }
  });
}
