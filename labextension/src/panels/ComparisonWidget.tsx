import type { ITranslator } from '@jupyterlab/translation';
import * as React from 'react';

import { ComparisonView } from '../components/ComparisonView';
import type { VersionComparison } from '../model/versionComparison';
import { FormWidget } from './FormWidget';

/**
 * Two versions of a step side by side, as a tab of the main area.
 */
export class ComparisonWidget extends FormWidget {
  constructor(
    readonly comparison: VersionComparison,
    translator: ITranslator,
    reveal: () => void
  ) {
    const { notebook } = comparison.state;
    const trans = translator.load('nbmlops');
    super(
      comparison,
      translator,
      trans.__('Version comparison'),
      notebook,
      () => <ComparisonView comparison={comparison} reveal={reveal} />
    );
    this.id = `nbmlops-compare ${notebook}`;
    comparison.changed.connect(this.entitle);
  }

  override dispose(): void {
    this.comparison.changed.disconnect(this.entitle);
    super.dispose();
  }

  /** A tab says which versions it compares. */
  private readonly entitle = ({ state }: VersionComparison): void => {
    if (state.choice) {
      const { step, before, after } = state.choice;
      this.title.label = `${step}@${before} ↔ ${step}@${after}`;
    }
  };
}
