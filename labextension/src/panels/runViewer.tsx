import { MainAreaWidget } from '@jupyterlab/apputils';
import type { ITranslator } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import type { PanelApi } from '../api/panelClient';
import { ErrorBoundary } from '../components/ErrorBoundary';
import { stepsIcon } from '../components/icons';
import { SurroundingsContext } from '../components/surroundings';
import { Transcript } from '../components/Transcript';
import type { NotebookFacts } from '../model/facts';
import { RunLog } from '../model/runLog';
import { bcp47 } from './language';

/** What a run prints, as a tab of the main area that follows the run by events. */
export function logWidget(
  api: PanelApi,
  facts: NotebookFacts,
  run: string,
  translator: ITranslator
): MainAreaWidget {
  const content = new LogContent(new RunLog(api, facts, run), translator);
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
    private readonly log: RunLog,
    private readonly translator: ITranslator
  ) {
    super();
    this.addClass('nbm-Panel');
    this.addClass('nbm-Log');
    log.changed.connect(() => this.update());
  }

  protected override render(): React.JSX.Element {
    const surroundings = {
      trans: this.translator.load('nbmlops'),
      locale: bcp47(this.translator.languageCode),
      now: Date.now()
    };
    return (
      <SurroundingsContext.Provider value={surroundings}>
        <ErrorBoundary>
          <Transcript run={this.log.run} {...this.log.state} />
        </ErrorBoundary>
      </SurroundingsContext.Provider>
    );
  }

  override dispose(): void {
    this.log.dispose();
    super.dispose();
  }
}
