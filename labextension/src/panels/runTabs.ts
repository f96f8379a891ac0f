import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ITranslator } from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';

import type { PanelApi } from '../api/panelClient';
import type { NotebookFacts } from '../model/facts';
import { loaded } from '../model/loading';
import { addToMain } from './mainArea';
import { tellProblem } from './problemNotice';

/**
 * Opens what runs print and show as tabs of the main area, each once.
 */
export class RunTabs {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly translator: ITranslator
  ) {}

  /** What a run prints. */
  async openLog(facts: NotebookFacts | null, run: string): Promise<void> {
    const of = facts?.notebook.path ?? null;
    await this.open(`nbmlops-log-${run}`, of, async api => {
      const { logWidget } = await loaded(() => import('./runViewer'));
      return facts && logWidget(api, facts, run, this.translator);
    });
  }

  /** The executed notebook of a run of the project that a notebook or folder belongs to. */
  async openReport(at: string | null, run: string): Promise<void> {
    await this.open(`nbmlops-report-${run}`, at, async api => {
      const { reportWidget } = await loaded(() => import('./runViewer'));
      return reportWidget(api, within(at ?? ''), run, this.translator);
    });
  }

  private async open(
    id: string,
    at: string | null,
    make: (api: PanelApi) => Promise<Widget | null>
  ): Promise<void> {
    const { shell, serviceManager } = this.app;
    const name = at === null ? id : `${id} ${at}`;
    if (at !== null && !this.opened.get(name)?.isAttached) {
      try {
        const { PanelClient } = await loaded(
          () => import('../api/panelClient')
        );
        const api = new PanelClient(serviceManager.serverSettings);
        const widget = await make(api);
        if (widget === null) {
          return;
        }
        widget.id = name;
        const beside = [...this.opened.values()].find(one => one.isAttached);
        this.opened.set(name, widget);
        addToMain(
          shell,
          widget,
          beside
            ? { mode: 'tab-after', ref: beside.id }
            : { mode: 'split-right' }
        );
      } catch (error) {
        tellProblem(error, this.translator.load('nbmlops'));
      }
    }
    shell.activateById(name);
  }

  private readonly opened = new Map<string, Widget>();
}

/** A notebook in a folder, which need not be there: the server looks for the folder's project. */
function within(at: string): string {
  return at.endsWith('.ipynb') ? at : [at, '_.ipynb'].filter(Boolean).join('/');
}
