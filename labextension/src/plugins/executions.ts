import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { MlopsClient } from '../api/client';
import type { VersionPair } from '../api/client';
import { EventStream } from '../api/events';
import type { TableName } from '../components/ProjectTables';
import { stepsIcon } from '../components/icons';
import { ExecutionTable } from '../model/executionTable';
import { RunTable } from '../model/runTable';
import { ExecutionsWidget } from '../panels/ExecutionsWidget';
import { addToMain } from '../panels/mainArea';
import type { OpenNotebooks } from '../panels/openNotebooks';
import { IMlopsPanel, IOpenNotebooks } from '../panels/tokens';

const SHOW = 'nbmlops:show-executions';

/**
 * The table of all executions of a project, and the command that opens it.
 */
export const executionsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmlops:executions',
  description: 'Lists all executions of the steps of a project.',
  autoStart: true,
  requires: [IOpenNotebooks, IMlopsPanel],
  optional: [
    IDefaultFileBrowser,
    ICommandPalette,
    ILauncher,
    ILayoutRestorer,
    ITranslator
  ],
  activate
};

function activate(
  app: JupyterFrontEnd,
  notebooks: OpenNotebooks,
  { tabs }: IMlopsPanel,
  browser: IDefaultFileBrowser | null,
  palette: ICommandPalette | null,
  launcher: ILauncher | null,
  restorer: ILayoutRestorer | null,
  translator: ITranslator | null
): void {
  const trans = (translator ?? nullTranslator).load('nbmlops');
  const { contents, events, serverSettings } = app.serviceManager;
  const client = new MlopsClient(serverSettings);
  const tracker = new WidgetTracker<ExecutionsWidget>({
    namespace: 'nbmlops-executions'
  });
  const told = new EventStream(events);
  told.recorded.connect((_, { notebook, execution }) =>
    tracker.forEach(one => one.noteRecorded(notebook, execution))
  );
  told.runs.connect((_, { notebook, state, done }) => {
    if (state !== 'running' || done === 0) {
      tracker.forEach(one => one.noteRun(notebook));
    }
  });
  /** The current notebook's project, else that of the folder in the file browser. */
  const here = (): string =>
    notebooks.current?.facts.notebook.path ??
    contents.localPath(browser?.model.path ?? '');
  const open = (at: string, shown: TableName): ExecutionsWidget => {
    const executions = new ExecutionTable(client, { at, descending: true });
    const runs = new RunTable(client, { at, descending: true });
    const openReport = (run: string): void => void tabs.openReport(at, run);
    const compare = ({ notebook: path, ...pair }: VersionPair): void =>
      void app.commands.execute('nbmlops:compare', { path, ...pair });
    const made: ExecutionsWidget = new ExecutionsWidget(
      { executions, runs, openReport, compare },
      translator ?? nullTranslator,
      () => void tracker.save(made)
    );
    made.look(shown);
    void tracker.add(made);
    addToMain(app.shell, made);
    return made;
  };
  app.commands.addCommand(SHOW, {
    label: from =>
      from.isLauncher
        ? trans.__('Executions')
        : trans.__('MLOps: Show Executions'),
    caption: trans.__('List all executions of the steps of this project'),
    icon: stepsIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          at: { type: 'string' },
          table: { type: 'string', enum: ['executions', 'runs'] }
        }
      }
    },
    execute: from => {
      const at = typeof from.at === 'string' ? from.at : here();
      const known = tracker.find(one => one.at === at);
      const table = from.table === 'runs' ? 'runs' : 'executions';
      app.shell.activateById((known ?? open(at, table)).id);
    }
  });
  const category = trans.__('MLOps');
  palette?.addItem({ command: SHOW, category });
  launcher?.add({ command: SHOW, category, args: { isLauncher: true } });
  void restorer?.restore(tracker, {
    command: SHOW,
    args: ({ at, shown }) => ({ at, table: shown }),
    name: ({ at }) => at
  });
}
