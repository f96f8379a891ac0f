import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { stepsIcon } from '../components/icons';
import { PanelView } from '../components/PanelView';
import { SurroundingsContext } from '../components/surroundings';
import type { PanelModel } from '../model/panelModel';

/** How often "3 min. ago" is said anew, in milliseconds. */
const CLOCK_TICK = 30_000;

/**
 * The side panel: hosts the React view of a `PanelModel`, which it neither makes nor disposes.
 */
export class MlopsPanel extends ReactWidget {
  constructor(
    private readonly model: PanelModel,
    translator: ITranslator
  ) {
    super();
    this.trans = translator.load('nbmlops');
    this.locale = bcp47(translator.languageCode);
    this.id = 'nbmlops-panel';
    this.title.icon = stepsIcon;
    this.title.caption = this.trans.__('MLOps');
    this.addClass('nbm-Panel');
    this.node.tabIndex = -1;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', this.trans.__('MLOps'));
  }

  protected override render(): React.JSX.Element {
    return (
      <UseSignal signal={this.model.stateChanged}>
        {() => (
          <SurroundingsContext.Provider
            value={{ trans: this.trans, locale: this.locale, now: Date.now() }}
          >
            <PanelView model={this.model} />
          </SurroundingsContext.Provider>
        )}
      </UseSignal>
    );
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.update();
    this.clock ??= window.setInterval(() => this.update(), CLOCK_TICK);
  }

  protected override onBeforeHide(message: Message): void {
    this.stopClock();
    super.onBeforeHide(message);
  }

  override dispose(): void {
    this.stopClock();
    super.dispose();
  }

  private stopClock(): void {
    window.clearInterval(this.clock);
    this.clock = undefined;
  }

  private readonly trans: TranslationBundle;
  private readonly locale: string;
  private clock: number | undefined;
}

/** JupyterLab writes "de_DE", and "default" where the reader chose no language. */
function bcp47(languageCode: string): string {
  const tag = languageCode.replace('_', '-');
  return Intl.DateTimeFormat.supportedLocalesOf([tag])[0] ?? 'en';
}
