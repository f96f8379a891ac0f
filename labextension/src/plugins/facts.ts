import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';

import { MlopsClient } from '../api/client';
import { EventStream } from '../api/events';
import { OpenNotebooks } from '../panels/openNotebooks';
import { IOpenNotebooks } from '../panels/tokens';

/**
 * What is known of each open notebook, for all other plugins.
 */
export const factsPlugin: JupyterFrontEndPlugin<OpenNotebooks> = {
  id: 'nbmlops:facts',
  description: 'Keeps what is known of each open notebook.',
  autoStart: true,
  requires: [INotebookTracker],
  provides: IOpenNotebooks,
  activate: (app: JupyterFrontEnd, tracker: INotebookTracker) => {
    const { contents, events, serverSettings } = app.serviceManager;
    return new OpenNotebooks(
      tracker,
      new MlopsClient(serverSettings),
      new EventStream(events),
      path => contents.localPath(path)
    );
  }
};
