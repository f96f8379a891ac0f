import { MainAreaWidget } from '@jupyterlab/apputils';
import type { ITranslator } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { MlopsEvents } from '../api/events';
import type { PanelApi } from '../api/panelClient';
import { ErrorBoundary } from '../components/ErrorBoundary';
import { RunReport } from '../components/RunReport';
import { stepsIcon } from '../components/icons';
import { SurroundingsContext } from '../components/surroundings';
import { Transcript } from '../components/Transcript';
import { RunLog } from '../model/runLog';
import { bcp47 } from './language';

/** What a run prints, as a tab of the main area that follows the run by events. */
export function logWidget(
  api: PanelApi,
  events: MlopsEvents,
  notebook: string,
  run: string,
  translator: ITranslator
): MainAreaWidget {
  const log = new RunLog(api, notebook, events.runs, run);
  const content = new RunContent(translator, () => (
    <Transcript run={run} {...log.state} />
  ));
  content.addClass('nbm-Log');
  log.changed.connect(() => content.update());
  content.disposed.connect(() => log.dispose());
  return inMainArea(content, translator.load('nbmlops').__('Log of %1', run));
}

/** The executed notebook of a run, as a tab of the main area. */
export function reportWidget(
  api: PanelApi,
  notebook: string,
  run: string,
  translator: ITranslator
): MainAreaWidget {
  const label = translator.load('nbmlops').__('Report of %1', run);
  const content = new RunContent(translator, () => (
    <RunReport api={api} notebook={notebook} run={run} title={label} />
  ));
  content.addClass('nbm-Report');
  return inMainArea(content, label);
}

function inMainArea(content: RunContent, label: string): MainAreaWidget {
  const widget = new MainAreaWidget({ content });
  widget.title.label = label;
  widget.title.icon = stepsIcon;
  widget.title.closable = true;
  return widget;
}

class RunContent extends ReactWidget {
  constructor(
    private readonly translator: ITranslator,
    private readonly draw: () => React.JSX.Element
  ) {
    super();
    this.addClass('nbm-Panel');
  }

  protected override render(): React.JSX.Element {
    const surroundings = {
      trans: this.translator.load('nbmlops'),
      locale: bcp47(this.translator.languageCode),
      now: Date.now()
    };
    return (
      <SurroundingsContext.Provider value={surroundings}>
        <ErrorBoundary>{this.draw()}</ErrorBoundary>
      </SurroundingsContext.Provider>
    );
  }
}
