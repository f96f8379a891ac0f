import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { ITranslator } from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';

import type { DialogClient } from '../api/dialogClient';
import { loaded } from '../model/loading';
import type { Schema } from '../model/parameterForm';
import { addToMain } from './mainArea';
import { tellProblem } from './problemNotice';
import type { RestoredTabs } from './restoredTabs';

/** What a form is of; a `schedule` of `null` is a new one, a `to` of `null` means all steps. */
export type FormSubject = { readonly notebook: string } & (
  | { readonly form: 'schedule'; readonly schedule: number | null }
  | { readonly form: 'review'; readonly version: string }
  | {
      readonly form: 'run';
      readonly version: string;
      readonly to: string | null;
    }
);

/**
 * Opens forms of schedules and reviews as tabs of the main area, each once; what they are made of
 * is fetched when the first one is opened.
 */
export class FormTabs {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly translator: ITranslator,
    private readonly tabs: RestoredTabs<FormSubject>
  ) {}

  /** Open one again that was open when the page was left; `began` as in `run`. */
  async reopen(subject: FormSubject, began: () => void): Promise<void> {
    switch (subject.form) {
      case 'schedule':
        return this.schedule(subject.notebook, subject.schedule);
      case 'review':
        return this.review(subject.notebook, subject.version);
      case 'run':
        return this.runForm(subject, null, began);
    }
  }

  /** The form of a new schedule of a notebook's pipelines, or of the one of that number. */
  async schedule(notebook: string, schedule: number | null): Promise<void> {
    const id = `nbmlops-schedule ${notebook} ${schedule ?? ''}`.trim();
    const subject = { form: 'schedule', notebook, schedule } as const;
    await this.open(id, subject, async api => {
      const { scheduleWidget } = await loaded(() => import('./FormWidget'));
      return scheduleWidget(
        api,
        notebook,
        schedule,
        this.translator,
        version => void this.review(notebook, version)
      );
    });
  }

  /** A version to be decided on; `version` may be the name of a pipeline. */
  async review(notebook: string, version: string): Promise<void> {
    const id = `nbmlops-review ${notebook} ${version}`;
    const subject = { form: 'review', notebook, version } as const;
    await this.open(id, subject, async api => {
      const { reviewWidget } = await loaded(() => import('./FormWidget'));
      return reviewWidget(api, notebook, version, this.translator);
    });
  }

  /** The newest version of a notebook's pipeline, which was built last. */
  async reviewLatest(notebook: string): Promise<void> {
    await this.attempt(async () => {
      const { pipelines } = await (await this.client()).schedulables(notebook);
      const latest = pipelines[0]?.latest;
      if (latest) {
        await this.review(notebook, latest);
      } else {
        const trans = this.translator.load('nbmlops');
        Notification.info(trans.__('%1 is no pipeline yet.', notebook));
      }
    });
  }

  /** Build the pipeline of a saved notebook, and say what came of it. */
  async build(notebook: string): Promise<void> {
    const trans = this.translator.load('nbmlops');
    await this.attempt(async () => {
      const { message } = await (await this.client()).build(notebook);
      const label = trans.__('Review…');
      const callback = (): void => void this.reviewLatest(notebook);
      const actions = [{ label, callback }];
      Notification.success(message, { autoClose: 10_000, actions });
    });
  }

  /**
   * Build a saved notebook, and run it as a pipeline: at once where it has no parameters, else
   * once they are filled in. With `to`, no more than that step and what it needs.
   */
  async run(
    notebook: string,
    to: string | null,
    began: () => void
  ): Promise<void> {
    await this.attempt(async () => {
      const api = await this.client();
      await api.build(notebook);
      const { pipelines } = await api.schedulables(notebook);
      const version = pipelines[0]?.latest ?? '';
      const { parameters } = await api.parameters(notebook, version);
      if (Object.keys(parameters.properties ?? {}).length === 0) {
        const steps = to === null ? [] : [to];
        tell((await api.run(notebook, version, {}, steps)).message, began);
        return;
      }
      const subject = { form: 'run', notebook, version, to } as const;
      await this.runForm(subject, parameters, began);
    });
  }

  private async runForm(
    subject: Extract<FormSubject, { form: 'run' }>,
    parameters: Schema | null,
    began: () => void
  ): Promise<void> {
    const { notebook, version, to } = subject;
    const id = `nbmlops-run ${notebook} ${version} ${to ?? ''}`;
    const asked = { version, parameters, to };
    await this.open(id, subject, async api => {
      const { runWidget } = await loaded(() => import('./FormWidget'));
      return runWidget(api, notebook, asked, this.translator, message =>
        tell(message, began)
      );
    });
  }

  private async open(
    id: string,
    subject: FormSubject,
    make: (api: DialogClient) => Promise<Widget>
  ): Promise<void> {
    await this.attempt(async () => {
      if (this.tabs.find(id) === undefined) {
        const widget = await make(await this.client());
        widget.id = id;
        await this.tabs.add(widget, subject);
        addToMain(this.app.shell, widget);
      }
      this.app.shell.activateById(id);
    });
  }

  private async client(): Promise<DialogClient> {
    const { DialogClient } = await loaded(() => import('../api/dialogClient'));
    return new DialogClient(this.app.serviceManager.serverSettings);
  }

  private async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      tellProblem(error, this.translator.load('nbmlops'));
    }
  }
}

/** A run begins. */
function tell(message: string, began: () => void): void {
  Notification.success(message, { autoClose: 5000 });
  began();
}
