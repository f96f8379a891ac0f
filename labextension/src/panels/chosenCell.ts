import type { ICellModel } from '@jupyterlab/cells';

import { hasLabelLine, taggedAs } from '../model/labels';
import { nameOf, tagsOf } from './notebookPanel';
import type { OpenFacts } from './openNotebooks';

/**
 * A cell of the current notebook, as commands act on it.
 */
export class ChosenCell {
  constructor(
    readonly opened: OpenFacts,
    private readonly cell: ICellModel
  ) {}

  /** The step that it is, or `null`. */
  get step(): string | null {
    return nameOf(this.cell);
  }

  /** Whether a tag may name it: code, in a notebook that can be changed, without a label inside. */
  get nameable(): boolean {
    return (
      this.cell.type === 'code' &&
      !this.opened.panel.content.model?.readOnly &&
      !hasLabelLine(this.cell.sharedModel.getSource())
    );
  }

  /** Make it a step by a tag. */
  track(step: string): void {
    this.cell.setMetadata('tags', taggedAs(step, tagsOf(this.cell)));
    this.opened.facts.noteCells();
  }
}

/** The active cell of a notebook; `null` where there is none. */
export function activeCell(opened: OpenFacts | null): ChosenCell | null {
  const cell = opened?.panel.content.activeCell;
  return opened && cell ? new ChosenCell(opened, cell.model) : null;
}

/** The cell of a notebook that has that node; `null` where none has. */
export function cellWithNode(
  opened: OpenFacts | null,
  node: HTMLElement | undefined
): ChosenCell | null {
  const cell = opened?.panel.content.widgets.find(one => one.node === node);
  return opened && cell ? new ChosenCell(opened, cell.model) : null;
}
