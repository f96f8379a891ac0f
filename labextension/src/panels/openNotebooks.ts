import { ActivityMonitor } from '@jupyterlab/coreutils';
import { NotebookActions } from '@jupyterlab/notebook';
import type {
  INotebookTracker,
  Notebook,
  NotebookPanel
} from '@jupyterlab/notebook';
import type { Cell } from '@jupyterlab/cells';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { MlopsApi } from '../api/client';
import type { MlopsEvents } from '../api/events';
import { NotebookFacts } from '../model/facts';
import { NotebookPanelView } from './notebookPanel';

/** How long nobody types before the cells are looked at again, in milliseconds. */
const EDITING = 500;

/**
 * An open notebook, with what is known of it.
 */
export interface OpenFacts {
  readonly panel: NotebookPanel;
  readonly view: NotebookPanelView;
  readonly facts: NotebookFacts;
}

/**
 * The notebooks that are open, each with one store of facts, which all plugins share.
 *
 * Responsibilities: makes the facts of a notebook once it is shown, says which one is current,
 * and has them read again when the server tells of something, a cell has run, or the file was
 * saved. It asks nothing of the server by the clock.
 */
export class OpenNotebooks {
  constructor(
    private readonly tracker: INotebookTracker,
    private readonly api: MlopsApi,
    events: MlopsEvents,
    private readonly localPath: (path: string) => string
  ) {
    tracker.widgetAdded.connect((_, panel) => this.add(panel));
    tracker.forEach(panel => this.add(panel));
    tracker.currentChanged.connect(() => this.currents.emit());
    events.runs.connect((_, event) =>
      this.every(facts => facts.noteRun(event))
    );
    events.recorded.connect((_, event) =>
      this.every(facts => facts.noteRecorded(event))
    );
    events.changed.connect((_, event) =>
      this.every(facts => facts.noteChanged(event))
    );
    NotebookActions.executionScheduled.connect((_, { notebook, cell }) =>
      this.sources.set(cell, [notebook, cell.model.sharedModel.getSource()])
    );
    NotebookActions.executed.connect((_, { cell }) => void this.noteRan(cell));
  }

  /** Emitted once a notebook is shown for the first time. */
  get opened(): ISignal<this, OpenFacts> {
    return this.openings;
  }

  /** Emitted when another notebook, or none, has become current. */
  get currentChanged(): ISignal<this, void> {
    return this.currents;
  }

  /** The current notebook; `null` where there is none, or it is not shown yet. */
  get current(): OpenFacts | null {
    return this.of(this.tracker.currentWidget);
  }

  /** Those that were shown. */
  get all(): readonly OpenFacts[] {
    return [...this.open.values()];
  }

  /** Save a notebook, where it is open with edits that are not in its file. */
  async save(path: string): Promise<void> {
    const opened = this.all.find(({ facts }) => facts.notebook.path === path);
    const context = opened?.panel.context;
    if (context?.model.dirty && !context.model.readOnly) {
      await context.save();
    }
  }

  private of(panel: NotebookPanel | null): OpenFacts | null {
    return (panel && this.open.get(panel)) ?? null;
  }

  private add(panel: NotebookPanel): void {
    void panel.revealed.then(() => {
      if (!panel.isDisposed && !this.open.has(panel)) {
        this.begin(panel);
      }
    });
  }

  private begin(panel: NotebookPanel): void {
    const view = new NotebookPanelView(panel, this.localPath);
    const facts = new NotebookFacts(this.api, view);
    const opened = { panel, view, facts };
    this.open.set(panel, opened);
    const reread = (): void => void facts.refresh();
    panel.context.pathChanged.connect(reread);
    panel.context.fileChanged.connect(() => {
      facts.noteCells(); // as they are in the file, before somebody types on
      reread();
    });
    const edits = new ActivityMonitor({
      signal: panel.context.model.contentChanged,
      timeout: EDITING
    });
    edits.activityStopped.connect(() => facts.noteCells());
    panel.disposed.connect(() => {
      edits.dispose();
      facts.dispose();
      this.open.delete(panel);
    });
    this.openings.emit(opened);
    if (panel === this.tracker.currentWidget) {
      this.currents.emit();
    }
    reread();
  }

  /** At once, and not only once the server tells of it: it may not have anything to watch yet. */
  private async noteRan(cell: Cell): Promise<void> {
    const [notebook, source] = this.sources.get(cell) ?? [null, ''];
    const opened = this.all.find(one => one.panel.content === notebook);
    if (!opened) {
      return;
    }
    const { view, facts } = opened;
    const before = facts.known.latest;
    await facts.refresh();
    if (facts.known.latest > before) {
      view.noteRecorded(cell.model.id, source);
    }
    facts.noteCells();
  }

  private every(tell: (facts: NotebookFacts) => void): void {
    this.all.forEach(({ facts }) => tell(facts));
  }

  private readonly openings = new Signal<this, OpenFacts>(this);
  private readonly currents = new Signal<this, void>(this);
  private readonly open = new Map<NotebookPanel, OpenFacts>();
  private readonly sources = new WeakMap<Cell, [Notebook, string]>();
}
