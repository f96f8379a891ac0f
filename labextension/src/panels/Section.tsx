import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

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
    this.View = React.lazy(async () => {
      const [found, plans] = await Promise.all([
        import('../components/sections'),
        parts.plans()
      ]);
      plans.changed.connect(() => this.update());
      const View = found[view];
      return {
        default: (props: { readonly visible: boolean }) => (
          <View
            model={parts.model}
            host={parts.host}
            plans={plans}
            visible={props.visible}
          />
        )
      };
    });
  }

  protected override render(): React.JSX.Element | null {
    if (!this.seen) {
      return null;
    }
    const { View } = this;
    return (
      <UseSignal signal={this.parts.model.stateChanged}>
        {() => (
          <SurroundingsContext.Provider
            value={{ trans: this.trans, locale: this.locale, now: Date.now() }}
          >
            <React.Suspense fallback={null}>
              <View visible={this.isVisible} />
            </React.Suspense>
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

  private readonly View: React.ComponentType<Pick<SectionProps, 'visible'>>;
  private readonly trans: TranslationBundle;
  private readonly locale: string;
  private seen = false;
  private clock: number | undefined;
}
