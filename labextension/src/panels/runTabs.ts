import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ITranslator } from '@jupyterlab/translation';

import type { MlopsEvents } from '../api/events';
import { loaded } from '../model/loading';
import { addToMain } from './mainArea';
import { tellProblem } from './problemNotice';
import { RestoredTabs } from './restoredTabs';

/** What a tab shows of a run; `at` is a notebook or folder of its project. */
export type RunSubject = {
  readonly shown: 'log' | 'report';
  readonly at: string;
  readonly run: string;
};

/**
 * Opens what runs print and show as tabs of the main area, each once.
 */
export class RunTabs {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly translator: ITranslator,
    private readonly events: MlopsEvents
  ) {}

  /** Those that are open, which come back with the layout. */
  readonly restored = new RestoredTabs<RunSubject>('nbmlops-runs');

  /** What a run of a notebook prints. */
  async openLog(notebook: string | null, run: string): Promise<void> {
    if (notebook !== null) {
      await this.open({ shown: 'log', at: notebook, run });
    }
  }

  /** The executed notebook of a run of the project that a notebook or folder belongs to. */
  async openReport(at: string | null, run: string): Promise<void> {
    if (at !== null) {
      await this.open({ shown: 'report', at, run });
    }
  }

  async open(subject: RunSubject): Promise<void> {
    const { shown, at, run } = subject;
    const { shell, serviceManager } = this.app;
    const id = `nbmlops-${shown}-${run} ${at}`;
    try {
      if (this.restored.find(id) === undefined) {
        const [{ PanelClient }, { logWidget, reportWidget }] = await loaded(
          () =>
            Promise.all([import('../api/panelClient'), import('./runViewer')])
        );
        const api = new PanelClient(serviceManager.serverSettings);
        const tab =
          shown === 'log'
            ? logWidget(api, this.events, at, run, this.translator)
            : reportWidget(api, within(at), run, this.translator);
        tab.id = id;
        const beside = this.restored.attached;
        await this.restored.add(tab, subject);
        addToMain(
          shell,
          tab,
          beside
            ? { mode: 'tab-after', ref: beside.id }
            : { mode: 'split-right' }
        );
      }
      shell.activateById(id);
    } catch (error) {
      tellProblem(error, this.translator.load('nbmlops'));
    }
  }
}

/** A notebook in a folder, which need not be there: the server looks for the folder's project. */
function within(at: string): string {
  return at.endsWith('.ipynb') ? at : [at, '_.ipynb'].filter(Boolean).join('/');
}
