import type { ISessionContext } from '@jupyterlab/apputils';
import { isCodeCellModel } from '@jupyterlab/cells';
import type { Cell } from '@jupyterlab/cells';
import { NotebookActions } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { withoutLoaded } from '../model/answer';
import { trackLine, TRACK_CELL } from '../model/labels';
import type { OpenFacts } from './openNotebooks';

/** Asks the kernel, which knows best: a cell may have turned it on. */
const IS_ON = 'get_ipython().find_line_magic("mlops").__self__.is_tracking';

const STARTING: ReadonlySet<Kernel.Status> = new Set([
  'starting',
  'restarting',
  'autorestarting'
]);

/**
 * Whether the kernel of an open notebook records all its cells, and what turns that on and off.
 *
 * On, the notebook has a cell that says so: who runs it again, anywhere, is recorded as well.
 */
export class Recording {
  constructor(private readonly opened: OpenFacts) {
    const { sessionContext } = opened.panel;
    sessionContext.statusChanged.connect(this.noteStatus);
    opened.panel.disposed.connect(() => Signal.clearData(this));
    void this.ask();
  }

  /** Emitted when its kernel was recording, has died, and another one has taken its place. */
  get lost(): ISignal<this, void> {
    return this.losses;
  }

  /** Emitted when it was turned on or off. */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  get on(): boolean {
    return this.current;
  }

  /** Turn it on or off; returns what is said of it, where no cell says it. */
  async toggle(): Promise<string> {
    const said = this.current ? await this.stop() : await this.start();
    await this.ask();
    return said;
  }

  /** Ask the kernel; one that is not there, or does not know nbmlops, records nothing. */
  async ask(): Promise<void> {
    const kernel = this.opened.panel.sessionContext.session?.kernel;
    const on = kernel ? await answerOf(kernel) : false;
    if (on !== this.current && !this.opened.panel.isDisposed) {
      this.current = on;
      this.changes.emit();
    }
  }

  private async start(): Promise<string> {
    const { panel, view } = this.opened;
    const notebook = panel.content;
    const model = notebook.model;
    const [named] = notebook.widgets.flatMap(({ model: cell }) =>
      cell.type === 'code'
        ? (trackLine(cell.sharedModel.getSource()) ?? [])
        : []
    );
    if (named !== undefined || !model || model.readOnly) {
      await view.run('%load_ext nbmlops');
      return view.run(named ?? '%mlops track');
    }
    const active = notebook.activeCellIndex;
    model.sharedModel.insertCell(0, {
      cell_type: 'code',
      source: TRACK_CELL,
      metadata: { trusted: true }
    });
    notebook.activeCellIndex = active + 1;
    const [cell] = notebook.widgets;
    if (cell) {
      await NotebookActions.runCells(notebook, [cell], panel.sessionContext);
      keepQuiet(cell);
    }
    return '';
  }

  private async stop(): Promise<string> {
    const { panel, view } = this.opened;
    const said = await view.run('%mlops track --off');
    const model = panel.content.model;
    const [first] = panel.content.widgets;
    const ours = first?.model.sharedModel.getSource() === TRACK_CELL;
    if (ours && model && !model.readOnly && model.cells.length > 1) {
      model.sharedModel.deleteCell(0);
    }
    return said;
  }

  private readonly noteStatus = (
    _: ISessionContext,
    status: Kernel.Status
  ): void => {
    if (STARTING.has(status)) {
      this.fresh = true;
      // who restarts it by hand knows that it starts anew
      this.hasLost ||= status === 'autorestarting' && this.current;
    } else if (status === 'idle' && this.fresh) {
      this.fresh = false;
      void this.meet();
    }
  };

  /**
   * Another kernel is there. It is not made to load nbmlops where it has taken the place of one
   * that recorded: the notebook's own cell that does would say then that this is done.
   */
  private async meet(): Promise<void> {
    const { hasLost } = this;
    this.hasLost = false;
    // a cell that was running is recorded by whoever asks
    void this.opened.facts.refresh();
    await this.ask();
    if (hasLost && !this.current && !this.opened.panel.isDisposed) {
      this.losses.emit();
    }
  }

  private readonly changes = new Signal<this, void>(this);
  private readonly losses = new Signal<this, void>(this);
  private current = false;
  private hasLost = false;
  private fresh = true;
}

/** Who turns it on again need not read that the kernel knows nbmlops already. */
function keepQuiet(cell: Cell): void {
  if (isCodeCellModel(cell.model)) {
    const { outputs } = cell.model;
    const said = outputs.toJSON();
    const rest = withoutLoaded(said);
    if (rest.length < said.length) {
      outputs.fromJSON(rest);
    }
  }
}

async function answerOf(kernel: Kernel.IKernelConnection): Promise<boolean> {
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    user_expressions: { on: IS_ON }
  });
  try {
    const { content } = await future.done;
    if (content.status !== 'ok') {
      return false;
    }
    const { on } = content.user_expressions as {
      on?: { data?: Record<string, unknown> };
    };
    return on?.data?.['text/plain'] === 'True';
  } catch {
    return false; // it has ended
  }
}
