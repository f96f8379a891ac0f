import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { fetched } from '../components/fetched';
import type { PanelHost, SectionProps } from '../components/sectionProps';
import { SurroundingsContext } from '../components/surroundings';
import type { PanelModel } from '../model/panelModel';
import type { Plans } from '../model/plans';
import { bcp47 } from './language';

/** What a section shows, by its name in `components/sections`. */
export type ViewName = keyof typeof import('../components/sections');

/** What all parts of the panel share; `plans` are made once somebody asks for them. */
export interface PanelParts {
  readonly model: PanelModel;
  readonly host: PanelHost;
  readonly translator: ITranslator;
  plans(): Promise<Plans>;
}

type Shown = Pick<SectionProps, 'visible'>;

/** How often "3 min. ago" is said anew, in milliseconds. */
const CLOCK_TICK = 30_000;

/**
 * One part of the panel: hosts a React view, which is fetched once it is first shown.
 */
export class Section extends ReactWidget {
  constructor(
    view: ViewName,
    private readonly parts: PanelParts
  ) {
    super();
    this.trans = parts.translator.load('nbmlops');
    this.locale = bcp47(parts.translator.languageCode);
    this.addClass('nbm-Panel');
    const load = async (): Promise<React.ComponentType<Shown>> => {
      const [found, plans] = await Promise.all([
        import('../components/sections'),
        parts.plans()
      ]);
      plans.changed.connect(() => this.update());
      const View = found[view];
      return ({ visible }) => (
        <View
          model={parts.model}
          host={parts.host}
          plans={plans}
          visible={visible}
        />
      );
    };
    this.View = fetched(load, { of: () => parts.model.following });
  }

  protected override render(): React.JSX.Element | null {
    if (!this.seen || !this.isAttached) {
      return null;
    }
    const { View } = this;
    return (
      <UseSignal signal={this.parts.model.stateChanged}>
        {() => (
          <SurroundingsContext.Provider
            value={{ trans: this.trans, locale: this.locale, now: Date.now() }}
          >
            <View visible={this.isVisible} />
          </SurroundingsContext.Provider>
        )}
      </UseSignal>
    );
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.show_();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) {
      this.show_();
    }
  }

  protected override onAfterHide(message: Message): void {
    this.stopClock();
    super.onAfterHide(message);
    this.update();
  }

  protected override onAfterDetach(message: Message): void {
    this.stopClock();
    super.onAfterDetach(message);
  }

  override dispose(): void {
    this.stopClock();
    super.dispose();
  }

  private show_(): void {
    this.seen = true;
    this.update();
    this.clock ??= window.setInterval(() => this.update(), CLOCK_TICK);
  }

  private stopClock(): void {
    window.clearInterval(this.clock);
    this.clock = undefined;
  }

  private readonly View: React.ComponentType<Shown>;
  private readonly trans: TranslationBundle;
  private readonly locale: string;
  private seen = false;
  private clock: number | undefined;
}
