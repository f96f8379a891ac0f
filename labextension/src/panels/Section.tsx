import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { fetched } from '../components/fetched';
import type { PanelHost, SectionProps } from '../components/sectionProps';
import { SurroundingsContext } from '../components/surroundings';
import type { PanelModel } from '../model/panelModel';
import type { Plans } from '../model/plans';
import { bcp47 } from './language';
import { TickingWidget } from './TickingWidget';

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

/**
 * One part of the panel: hosts a React view, which is fetched once it is first shown.
 */
export class Section extends TickingWidget {
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
    this.seen = true;
    super.onAfterShow(message);
  }

  protected override onAfterAttach(message: Message): void {
    this.seen ||= this.isVisible;
    super.onAfterAttach(message);
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.update();
  }

  private readonly View: React.ComponentType<Shown>;
  private readonly trans: TranslationBundle;
  private readonly locale: string;
  private seen = false;
}
