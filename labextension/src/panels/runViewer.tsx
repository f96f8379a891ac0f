import { MainAreaWidget } from '@jupyterlab/apputils';
import type { ITranslator } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import type { PanelApi } from '../api/panelClient';
import { stepsIcon } from '../components/icons';
import { SurroundingsContext } from '../components/surroundings';
import { Transcript } from '../components/Transcript';
import type { RunEvent, TranscriptResponse } from '../contract/wire';
import type { NotebookFacts } from '../model/facts';
import { problemOf } from '../model/problem';
import type { Problem } from '../model/problem';
import { bcp47 } from './language';

/** What a run prints, as a tab of the main area that follows the run by events. */
export function logWidget(
  api: PanelApi,
  facts: NotebookFacts,
  run: string,
  translator: ITranslator
): MainAreaWidget {
  const content = new LogContent(api, facts, run, translator);
  const trans = translator.load('nbmlops');
  return inMainArea(content, 'log', run, trans.__('Log of %1', run));
}

/** The executed notebook of a run, as a tab of the main area. */
export async function reportWidget(
  api: PanelApi,
  notebook: string,
  run: string,
  translator: ITranslator
): Promise<MainAreaWidget> {
  const { html } = await api.report(notebook, run);
  const label = translator.load('nbmlops').__('Report of %1', run);
  const content = new Widget();
  content.addClass('nbm-Report');
  const frame = document.createElement('iframe');
  // what a notebook shows may hold scripts: they run apart from JupyterLab's page and its cookies
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.title = label;
  frame.srcdoc = html;
  content.node.append(frame);
  return inMainArea(content, 'report', run, label);
}

function inMainArea(
  content: Widget,
  kind: string,
  run: string,
  label: string
): MainAreaWidget {
  const widget = new MainAreaWidget({ content });
  widget.id = `nbmlops-${kind}-${run}`;
  widget.title.label = label;
  widget.title.icon = stepsIcon;
  widget.title.closable = true;
  return widget;
}

class LogContent extends ReactWidget {
  constructor(
    private readonly api: PanelApi,
    private readonly facts: NotebookFacts,
    private readonly run: string,
    private readonly translator: ITranslator
  ) {
    super();
    this.addClass('nbm-Panel');
    this.addClass('nbm-Log');
    this.path = facts.notebook.path;
    facts.told.connect(this.note);
    void this.read();
  }

  protected override render(): React.JSX.Element {
    const surroundings = {
      trans: this.translator.load('nbmlops'),
      locale: bcp47(this.translator.languageCode),
      now: Date.now()
    };
    return (
      <SurroundingsContext.Provider value={surroundings}>
        <Transcript
          run={this.run}
          answer={this.answer}
          problem={this.problem}
        />
      </SurroundingsContext.Provider>
    );
  }

  override dispose(): void {
    this.facts.told.disconnect(this.note);
    super.dispose();
  }

  /** One request at a time; what was printed meanwhile is read once more. */
  private async read(): Promise<void> {
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    try {
      this.answer = await this.api.transcript(this.path, this.run);
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.reading = false;
    if (!this.isDisposed) {
      this.update();
      if (this.again) {
        this.again = false;
        void this.read();
      }
    }
  }

  private readonly note = (
    _: NotebookFacts,
    event: RunEvent | object
  ): void => {
    if ('run' in event && event.run === this.run) {
      void this.read();
    }
  };

  private readonly path: string;
  private answer: TranscriptResponse | null = null;
  private problem: Problem | null = null;
  private reading = false;
  private again = false;
}
