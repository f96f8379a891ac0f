import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';

import { stepName } from '../model/labels';
import type { OpenNotebook } from '../model/notebook';

/**
 * JupyterLab's open notebook as the panel's model sees it.
 */
export class NotebookPanelView implements OpenNotebook {
  constructor(
    private readonly panel: NotebookPanel,
    readonly path: string
  ) {}

  stepNames(): string[] {
    return this.names().filter(name => name !== null);
  }

  insertBelow(step: string, source: string): boolean {
    const notebook = this.panel.content;
    const model = notebook.model;
    if (!model || model.readOnly) {
      return false;
    }
    const index = this.placeBelow(step);
    model.sharedModel.insertCell(index, {
      cell_type: 'code',
      source,
      metadata: {
        trusted: true,
        ...(stepName(source, []) === null && { tags: [`step:${step}`] })
      }
    });
    notebook.activeCellIndex = index;
    void notebook.scrollToItem(index);
    return true;
  }

  private placeBelow(step: string): number {
    const position = this.names().lastIndexOf(step);
    return position === -1 ? this.panel.content.widgets.length : position + 1;
  }

  private names(): Array<string | null> {
    return this.panel.content.widgets.map(nameOf);
  }
}

function nameOf(cell: Cell): string | null {
  if (cell.model.type !== 'code') {
    return null;
  }
  const tags: unknown = cell.model.getMetadata('tags');
  const known = Array.isArray(tags) ? tags.map(String) : [];
  return stepName(cell.model.sharedModel.getSource(), known);
}
