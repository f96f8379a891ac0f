import type { ITranslator } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

import type { DialogClient } from '../api/dialogClient';
import { ErrorBoundary } from '../components/ErrorBoundary';
import { ReviewView } from '../components/ReviewView';
import { RunFormView } from '../components/RunFormView';
import { ScheduleFormView } from '../components/ScheduleFormView';
import { stepsIcon } from '../components/icons';
import { SurroundingsContext } from '../components/surroundings';
import type { Schema } from '../model/parameterForm';
import { RunForm } from '../model/runForm';
import { ScheduleForm } from '../model/scheduleForm';
import { VersionReview } from '../model/versionReview';
import { bcp47 } from './language';
import { TickingWidget } from './TickingWidget';

/** What a tab shows, and tells when to draw it anew; `lookAgain` is for when it is shown again. */
interface Shown {
  readonly changed: ISignal<unknown, void>;
  lookAgain?(): unknown;
  dispose?(): void;
}

/** The form of a schedule, as a tab of the main area. */
export function scheduleWidget(
  api: DialogClient,
  notebook: string,
  schedule: number | null,
  translator: ITranslator,
  review: (version: string) => void
): FormWidget {
  const form = new ScheduleForm(api, notebook, schedule);
  const trans = translator.load('nbmlops');
  const label =
    schedule === null
      ? trans.__('Schedule')
      : trans.__('Schedule %1', schedule);
  void form.load();
  return new FormWidget(form, translator, label, notebook, () => (
    <ScheduleFormView form={form} onReview={review} />
  ));
}

/**
 * The parameters of a run, as a tab of the main area that closes once it has begun; they are read
 * where they are `null`.
 */
export function runWidget(
  api: DialogClient,
  notebook: string,
  asked: {
    readonly version: string;
    readonly parameters: Schema | null;
    readonly to: string | null;
  },
  translator: ITranslator,
  began: (message: string) => void
): FormWidget {
  const { version, parameters, to } = asked;
  const form = new RunForm(api, notebook, version, parameters, to);
  if (parameters === null) {
    void form.load();
  }
  const label = translator.load('nbmlops').__('Run %1', version);
  const widget = new FormWidget(form, translator, label, notebook, () => (
    <RunFormView form={form} />
  ));
  form.changed.connect(() => {
    if (form.state.done !== null) {
      widget.close();
      began(form.state.done);
    }
  });
  return widget;
}

/** A pipeline version to be decided on, as a tab of the main area. */
export function reviewWidget(
  api: DialogClient,
  notebook: string,
  version: string,
  translator: ITranslator
): FormWidget {
  const review = new VersionReview(api, notebook, version);
  const label = translator.load('nbmlops').__('Review of %1', version);
  void review.load();
  return new FormWidget(review, translator, label, notebook, () => (
    <ReviewView review={review} />
  ));
}

/**
 * A tab of the main area that draws a model whenever that has changed, with the times of then.
 */
export class FormWidget extends TickingWidget {
  constructor(
    private readonly shown: Shown,
    private readonly translator: ITranslator,
    label: string,
    caption: string,
    private readonly draw: () => React.JSX.Element
  ) {
    super();
    this.title.icon = stepsIcon;
    this.title.label = label;
    this.title.caption = caption;
    this.title.closable = true;
    this.addClass('nbm-Panel');
    this.addClass('nbm-FormWidget');
    this.node.tabIndex = -1;
  }

  override dispose(): void {
    this.shown.dispose?.();
    super.dispose();
  }

  protected override onActivateRequest(): void {
    this.node.focus();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.shown.lookAgain?.();
  }

  /** What was closed is gone: the next one asks anew. */
  protected override onCloseRequest(): void {
    this.dispose();
  }

  protected override render(): React.JSX.Element {
    const language = {
      trans: this.translator.load('nbmlops'),
      locale: bcp47(this.translator.languageCode)
    };
    return (
      <UseSignal signal={this.shown.changed}>
        {() => (
          <SurroundingsContext.Provider
            value={{ ...language, now: Date.now() }}
          >
            <ErrorBoundary>{this.draw()}</ErrorBoundary>
          </SurroundingsContext.Provider>
        )}
      </UseSignal>
    );
  }
}
