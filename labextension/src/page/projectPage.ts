import type { ServerConnection } from '@jupyterlab/services';

import { MlopsClient } from '../api/client';
import { DialogClient } from '../api/dialogClient';
import { EventStream } from '../api/events';
import type { Emitter } from '../api/events';
import { PanelClient } from '../api/panelClient';
import { ExecutionTable } from '../model/executionTable';
import { NotebookFacts } from '../model/facts';
import { FileNotebook } from '../model/fileNotebook';
import type { OpenNotebook } from '../model/notebook';
import { PanelModel } from '../model/panelModel';
import { Plans } from '../model/plans';
import { ANY_NOTEBOOK, ProjectNotebooks } from '../model/projectNotebooks';
import { addressOf } from '../model/route';
import { RunTable } from '../model/runTable';
import { ShownAlerts } from '../model/shownAlerts';

/**
 * All that the pages of a project share: the models of JupyterLab's panel, made here.
 *
 * Responsibilities: makes the facts of a notebook once it is looked at, says which one is
 * followed, and tells all what the server tells.
 */
export class ProjectPage {
  /**
   * @param go - leads the reader to an address.
   * @param open - makes what is known of a notebook besides what was recorded of it.
   */
  constructor(
    settings: ServerConnection.ISettings,
    events: Emitter,
    readonly go: (address: string) => void,
    private readonly open = (
      path: string,
      show: (step: string) => void
    ): OpenNotebook => new FileNotebook(path, show)
  ) {
    this.client = new MlopsClient(settings);
    this.panelClient = new PanelClient(settings);
    this.dialogs = new DialogClient(settings);
    this.model = new PanelModel(this.client);
    this.plans = new Plans(this.panelClient, this.model);
    this.notebooks = new ProjectNotebooks(this.client);
    const whole = { at: '', descending: true };
    this.executions = new ExecutionTable(this.client, whole);
    this.runs = new RunTable(this.client, whole);
    this.listen(new EventStream(events));
    void this.notebooks.refresh();
  }

  /** Follow a notebook; `null` for the project as a whole, of whatever notebook. */
  follow(notebook: string | null): void {
    const facts = this.factsOf(notebook ?? ANY_NOTEBOOK);
    if (facts === this.model.following) {
      return;
    }
    this.model.follow(facts);
    if (notebook !== null) {
      void facts.refresh();
    }
  }

  /** What is known of a notebook. */
  factsOf(path: string): NotebookFacts {
    const known = this.facts.get(path);
    if (known) {
      return known;
    }
    const notebook = this.open(path, step => {
      this.model.open(step);
      this.go(addressOf({ page: 'steps', notebook: path }));
    });
    const facts = new NotebookFacts(this.client, notebook);
    this.facts.set(path, facts);
    return facts;
  }

  /** Read again what is to be seen. */
  refresh(): void {
    void this.notebooks.refresh();
    this.plans.refresh();
    if (this.model.following?.notebook.path !== ANY_NOTEBOOK) {
      void this.model.refresh();
    }
  }

  /** Build a saved notebook and run it: at once where it has no parameters, else with a form. */
  async run(notebook: string): Promise<void> {
    await this.plans.act(async () => {
      const { message } = await this.dialogs.build(notebook);
      const { pipelines } = await this.dialogs.schedulables(notebook);
      const version = pipelines[0]?.latest ?? '';
      const found = await this.dialogs.parameters(notebook, version);
      if (Object.keys(found.parameters.properties ?? {}).length > 0) {
        this.go(addressOf({ page: 'run', notebook, version }));
        return { schema: 'nbmlops.done/1', message };
      }
      const done = await this.dialogs.run(notebook, version, {});
      this.go(addressOf({ page: 'runs', notebook }));
      return done;
    });
  }

  private listen(told: EventStream): void {
    told.runs.connect((_, event) => {
      this.every(facts => facts.noteRun(event));
      if (event.state !== 'running' || event.done === 0) {
        this.runs.noteRun(event.notebook);
      }
    });
    told.alerts.connect((_, event) => this.alerts.add(event));
    told.recorded.connect((_, event) => {
      this.every(facts => facts.noteRecorded(event));
      this.notebooks.noteRecorded(event.notebook);
      this.executions.noteRecorded(event.notebook, event.execution);
    });
    told.changed.connect((_, event) => {
      this.every(facts => facts.noteChanged(event));
      this.notebooks.noteChanged(event);
    });
  }

  private every(tell: (facts: NotebookFacts) => void): void {
    this.facts.forEach(tell);
  }

  readonly alerts = new ShownAlerts();
  readonly model: PanelModel;
  readonly plans: Plans;
  readonly notebooks: ProjectNotebooks;
  readonly executions: ExecutionTable;
  readonly runs: RunTable;
  readonly panelClient: PanelClient;
  readonly dialogs: DialogClient;
  readonly client: MlopsClient;
  private readonly facts = new Map<string, NotebookFacts>();
}
