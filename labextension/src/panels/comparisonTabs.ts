import type { JupyterFrontEnd } from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import type { ITranslator } from '@jupyterlab/translation';

import { MlopsClient } from '../api/client';
import { loaded } from '../model/loading';
import type { OpenNotebook } from '../model/notebook';
import type { Choice, VersionComparison } from '../model/versionComparison';
import type { ComparisonWidget } from './ComparisonWidget';
import { addToMain } from './mainArea';
import type { OpenFacts, OpenNotebooks } from './openNotebooks';
import { tellProblem } from './problemNotice';

/**
 * Comparisons of versions as tabs of the main area, one for each notebook; what they are made of is
 * fetched when the first one is opened.
 */
export class ComparisonTabs {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly notebooks: OpenNotebooks,
    private readonly translator: ITranslator
  ) {}

  readonly tracker = new WidgetTracker<ComparisonWidget>({
    namespace: 'nbmlops-comparisons'
  });

  /** Compare two versions of a step of a notebook; see `VersionComparison.show`. */
  async open(notebook: string, wanted: Partial<Choice>): Promise<void> {
    try {
      const known = this.tracker.find(
        one => one.comparison.state.notebook === notebook
      );
      const tab = known ?? (await this.make(notebook));
      this.app.shell.activateById(tab.id);
      await tab.comparison.show(wanted);
    } catch (error) {
      tellProblem(error, this.translator.load('nbmlops'));
    }
  }

  private async make(notebook: string): Promise<ComparisonWidget> {
    const [{ ComparisonWidget }, { VersionComparison }] = await loaded(() =>
      Promise.all([
        import('./ComparisonWidget'),
        import('../model/versionComparison')
      ])
    );
    const { shell, serviceManager } = this.app;
    const comparison: VersionComparison = new VersionComparison(
      new MlopsClient(serviceManager.serverSettings),
      notebook,
      path => this.opened(path, tab)
    );
    const tab: ComparisonWidget = new ComparisonWidget(
      comparison,
      this.translator,
      () => this.reveal(notebook, comparison.state.choice?.step)
    );
    comparison.changed.connect(() => void this.tracker.save(tab));
    this.follow(tab);
    await this.tracker.add(tab);
    addToMain(shell, tab);
    return tab;
  }

  /** What is recorded while the notebook is open is told to the tab. */
  private follow(tab: ComparisonWidget): void {
    const tell = ({ facts }: OpenFacts): void => {
      const { notebook } = tab.comparison.state;
      if (facts.notebook.path === notebook && facts.known.steps) {
        tab.comparison.noteSteps(facts.known.steps);
      }
    };
    const listen = (opened: OpenFacts): void => {
      const told = (): void => tell(opened);
      opened.facts.changed.connect(told);
      tab.disposed.connect(() => opened.facts.changed.disconnect(told));
    };
    const another = (_: unknown, opened: OpenFacts): void => listen(opened);
    this.notebooks.all.forEach(listen);
    this.notebooks.opened.connect(another);
    tab.disposed.connect(() => this.notebooks.opened.disconnect(another));
  }

  /** The notebook, with its kernel as far as it starts by itself; opened where it is not open. */
  private async opened(
    path: string,
    tab: ComparisonWidget
  ): Promise<OpenNotebook> {
    let found = this.find(path);
    if (!found) {
      await this.app.commands.execute('docmanager:open', { path });
      found = await this.appeared(path);
      await found.panel.sessionContext.ready;
      this.app.shell.activateById(tab.id);
    }
    return found.view;
  }

  private appeared(path: string): Promise<OpenFacts> {
    return new Promise(resolve => {
      const look = (): void => {
        const found = this.find(path);
        if (found) {
          this.notebooks.opened.disconnect(look);
          resolve(found);
        }
      };
      this.notebooks.opened.connect(look);
      look();
    });
  }

  private find(path: string): OpenFacts | undefined {
    return this.notebooks.all.find(one => one.facts.notebook.path === path);
  }

  private reveal(path: string, step: string | undefined): void {
    const found = this.find(path);
    if (found) {
      this.app.shell.activateById(found.panel.id);
      if (step !== undefined) {
        found.view.showStep(step);
      }
    }
  }
}
