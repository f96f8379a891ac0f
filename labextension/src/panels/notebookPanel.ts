import type { ICellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { KernelMessage } from '@jupyterlab/services';
import type { Kernel } from '@jupyterlab/services';

import { said } from '../api/sentence';
import { answerOf } from '../model/answer';
import type { KernelReply } from '../model/answer';
import { labelOf, stepName } from '../model/labels';
import type { Label } from '../model/labels';
import { KernelError } from '../model/notebook';
import type { OpenNotebook, StepCell } from '../model/notebook';

/**
 * JupyterLab's open notebook as our models see it.
 */
export class NotebookPanelView implements OpenNotebook {
  /**
   * @param localPath - the path below the root of the drive that serves a notebook.
   */
  constructor(
    readonly panel: NotebookPanel,
    private readonly localPath: (path: string) => string
  ) {
    this.look();
  }

  get path(): string {
    return this.localPath(this.panel.context.path);
  }

  edited(): boolean {
    return this.look().some(cell => cell.source !== cell.saved) || this.moved;
  }

  ahead(): boolean {
    return this.look().some(isAhead) || this.moved;
  }

  stepCells(): StepCell[] {
    return this.look().flatMap(cell => {
      const label = cellLabel(cell.model);
      return label === null
        ? []
        : [
            {
              id: cell.model.id,
              step: label.typed,
              edited: isAhead(cell),
              problem: label.problem
            }
          ];
    });
  }

  /** A cell was recorded as it ran: that it is not saved does not matter any more. */
  noteRecorded(cell: string, source: string): void {
    this.ran.set(cell, source);
  }

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

  showStep(step: string): boolean {
    return this.show(this.names().indexOf(step));
  }

  showCell(id: string): boolean {
    const cells = this.panel.content.widgets;
    return this.show(cells.findIndex(cell => cell.model.id === id));
  }

  async run(line: string, step = ''): Promise<string> {
    const kernel = this.panel.sessionContext.session?.kernel;
    if (!kernel || kernel.isDisposed) {
      throw new KernelError(
        said('The notebook has no kernel.'),
        said('Start one, and run %1 in a cell.', '%load_ext nbmlops')
      );
    }
    const shown: string[] = [];
    const future = kernel.requestExecute({
      code: line,
      store_history: false,
      allow_stdin: false,
      stop_on_error: false
    });
    future.onIOPub = message => {
      if (KernelMessage.isDisplayDataMsg(message)) {
        shown.push(plainText(message.content.data['text/plain']));
      }
    };
    const reply = await replyOf(future);
    const answer = answerOf(shown, reply);
    for (const source of offered(reply)) {
      if (!this.holds(step, source)) {
        this.insertBelow(step, source);
      }
    }
    return answer;
  }

  /** Whether a cell of that step has that source. */
  private holds(step: string, source: string): boolean {
    return this.panel.content.widgets.some(
      ({ model }) =>
        nameOf(model) === step && model.sharedModel.getSource() === source
    );
  }

  private show(index: number): boolean {
    if (index === -1) {
      return false;
    }
    const notebook = this.panel.content;
    notebook.activeCellIndex = index;
    notebook.deselectAll();
    void notebook.scrollToItem(index, 'center');
    notebook.activate();
    return true;
  }

  private placeBelow(step: string): number {
    const position = this.names().lastIndexOf(step);
    return position === -1 ? this.panel.content.widgets.length : position + 1;
  }

  /** The cells as they are, beside how they were saved, where that was seen. */
  private look(): SeenCell[] {
    const cells = this.panel.content.widgets.map(({ model }) => ({
      model,
      source: model.sharedModel.getSource()
    }));
    if (!this.panel.context.model.dirty) {
      this.saved = new Map(cells.map(one => [one.model.id, one.source]));
      this.order = order(cells);
    }
    this.moved = order(cells) !== this.order; // outputs alone are no edit
    return cells.map(one => ({
      ...one,
      saved: this.saved.get(one.model.id),
      ran: this.ran.get(one.model.id)
    }));
  }

  private names(): Array<string | null> {
    return this.panel.content.widgets.map(({ model }) => nameOf(model));
  }

  private saved = new Map<string, string>();
  private readonly ran = new Map<string, string>();
  private order: string | null = null;
  private moved = false;
}

/** A cell as it is, as it was saved, and as it was recorded when it ran. */
interface SeenCell {
  readonly model: ICellModel;
  readonly source: string;
  readonly saved: string | undefined;
  readonly ran: string | undefined;
}

function isAhead(cell: SeenCell): boolean {
  return cell.source !== cell.saved && cell.source !== cell.ran;
}

function order(cells: ReadonlyArray<{ readonly model: ICellModel }>): string {
  return cells.map(cell => cell.model.id).join(' ');
}

/** The cells that a line offers to be put in next. */
function offered(reply: KernelReply): string[] {
  return (reply.payload ?? []).flatMap(({ source, text }) =>
    source === 'set_next_input' && typeof text === 'string' ? [text] : []
  );
}

/** A text of a MIME bundle, which may be there in lines. */
function plainText(found: unknown): string {
  const lines = Array.isArray(found) ? found : [found];
  return lines.filter(line => typeof line === 'string').join('');
}

/** How it ended; a kernel that is gone before says nothing. */
async function replyOf(
  future: Kernel.IShellFuture<
    KernelMessage.IExecuteRequestMsg,
    KernelMessage.IExecuteReplyMsg
  >
): Promise<KernelReply> {
  try {
    return (await future.done).content;
  } catch {
    throw new KernelError(
      said('The kernel ended before it had answered.'),
      null
    );
  }
}

/** The step that a cell is, or `null`. */
export function nameOf(cell: ICellModel): string | null {
  return cellLabel(cell)?.step ?? null;
}

function cellLabel(cell: ICellModel): Label | null {
  return cell.type === 'code'
    ? labelOf(cell.sharedModel.getSource(), tagsOf(cell))
    : null;
}

/** The tags of a cell. */
export function tagsOf(cell: ICellModel): string[] {
  const tags: unknown = cell.getMetadata('tags');
  return Array.isArray(tags) ? tags.map(String) : [];
}
