import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  InputDialog,
  Notification
} from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';
import { historyIcon, undoIcon } from '@jupyterlab/ui-components';

import { runPipelineIcon, stepsIcon } from '../components/icons';
import { problemText } from '../components/problemText';
import { exactTime } from '../model/format';
import { STEP_NAME } from '../model/labels';
import { problemOf } from '../model/problem';
import { others, withPrevious } from '../model/versions';
import { activeCell, cellWithNode } from '../panels/chosenCell';
import type { ChosenCell } from '../panels/chosenCell';
import type { OpenNotebooks } from '../panels/openNotebooks';
import { IMlopsPanel, IOpenNotebooks } from '../panels/tokens';

const TRACK = 'nbmlops:track-cell';
const COMPARE = 'nbmlops:compare-previous';
const RESTORE = 'nbmlops:restore-version';
const RUN = 'nbmlops:run-to-cell';

const COMMANDS = [TRACK, COMPARE, RESTORE, RUN];

const NO_ARGUMENTS = { args: { type: 'object', properties: {} } } as const;

/**
 * What can be done to the active cell; its toolbar and context menu are in `schema/cells.json`.
 */
export const cellsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmlops:cells',
  description: 'Tracks cells as steps, compares and restores their versions.',
  autoStart: true,
  requires: [IOpenNotebooks, IMlopsPanel],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: OpenNotebooks,
    panel: IMlopsPanel,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('nbmlops');
    const chosen: Choice = args =>
      args.contextMenu
        ? cellWithNode(notebooks.current, app.contextMenuHitTest(isCell))
        : activeCell(notebooks.current);
    addTrack(app, chosen, trans);
    addCompare(app, chosen, trans);
    addRestore(app, chosen, panel, trans);
    addRun(app, chosen, trans);
    for (const command of COMMANDS) {
      const inPalette = { args: { inPalette: true } };
      const category = trans.__('MLOps');
      palette?.addItem({ command, category, ...inPalette });
    }
    notifyOfCells(app, notebooks);
  }
};

/** What commands are called with: where from. */
type From = Readonly<Record<string, unknown>>;

/** The cell that a command is for: a right click in an editor does not make its cell active. */
type Choice = (from: From) => ChosenCell | null;

function isCell(node: HTMLElement): boolean {
  return node.classList.contains('jp-Cell');
}

/** In the palette, where commands of all kinds stand, ours say whose they are. */
function named(
  label: string,
  trans: TranslationBundle
): (from: From) => string {
  return from => (from.inPalette ? trans.__('MLOps: %1', label) : label);
}

function addTrack(
  app: JupyterFrontEnd,
  chosen: Choice,
  trans: TranslationBundle
): void {
  const isNameable = (from: From): boolean => chosen(from)?.nameable ?? false;
  app.commands.addCommand(TRACK, {
    label: named(trans.__('Track as Step…'), trans),
    caption: trans.__('Give the cell a name, so that its versions are kept'),
    icon: stepsIcon,
    describedBy: NO_ARGUMENTS,
    isVisible: from => Boolean(from.inPalette) || isNameable(from),
    isEnabled: isNameable,
    execute: async from => {
      const cell = chosen(from);
      const answer = await InputDialog.getText({
        title: trans.__('Track as Step'),
        label: trans.__(
          'Name of the step: letters, digits, and _ . - behind the first letter'
        ),
        okLabel: trans.__('Track'),
        text: cell?.step ?? '',
        pattern: STEP_NAME,
        required: true
      });
      if (cell && answer.button.accept && answer.value) {
        cell.track(answer.value);
        await loadRecorder(cell, trans);
      }
    }
  });
}

/** A tag says nothing to a kernel without nbmlops; one that has it takes no notice. */
async function loadRecorder(
  cell: ChosenCell,
  trans: TranslationBundle
): Promise<void> {
  try {
    await cell.opened.view.run('%load_ext nbmlops');
  } catch (error) {
    const why = problemText(problemOf(error), trans);
    Notification.warning(trans.__('The cell is not recorded yet. %1', why));
  }
}

function addCompare(
  app: JupyterFrontEnd,
  chosen: Choice,
  trans: TranslationBundle
): void {
  app.commands.addCommand(COMPARE, {
    label: named(trans.__('Compare with Previous Version'), trans),
    caption: trans.__('Show what differs from the version before'),
    icon: historyIcon,
    describedBy: NO_ARGUMENTS,
    isVisible: from => Boolean(from.inPalette) || pairOf(chosen(from)) !== null,
    isEnabled: from => pairOf(chosen(from)) !== null,
    execute: async from => {
      const cell = chosen(from);
      const pair = pairOf(cell);
      if (cell?.step && pair) {
        const path = cell.opened.facts.notebook.path;
        const [before, after] = pair;
        const compared = { path, step: cell.step, before, after };
        await app.commands.execute('nbmlops:compare', compared);
      }
    }
  });
}

function pairOf(cell: ChosenCell | null): readonly [number, number] | null {
  return cell?.step ? withPrevious(cell.opened.facts.known, cell.step) : null;
}

function addRestore(
  app: JupyterFrontEnd,
  chosen: Choice,
  panel: IMlopsPanel,
  trans: TranslationBundle
): void {
  const hasOthers = (from: From): boolean => othersOf(chosen(from)).length > 0;
  app.commands.addCommand(RESTORE, {
    label: named(trans.__('Restore a Version…'), trans),
    caption: trans.__('Insert the source of another version below the cell'),
    icon: undoIcon,
    describedBy: NO_ARGUMENTS,
    isVisible: from => Boolean(from.inPalette) || hasOthers(from),
    isEnabled: hasOthers,
    execute: async from => {
      const cell = chosen(from);
      const rows = othersOf(cell);
      const items = rows.map(row =>
        [
          row.reference,
          exactTime(row.started_at ?? row.created_at, 'default'),
          row.changed
        ]
          .filter(Boolean)
          .join(' · ')
      );
      const answer = await InputDialog.getItem({
        title: trans.__('Restore a Version of %1', cell?.step ?? ''),
        label: trans.__('Its source is put into a new cell below.'),
        okLabel: trans.__('Restore'),
        items
      });
      const row = rows[items.indexOf(answer.value ?? '')];
      if (answer.button.accept && row) {
        panel.show();
        await panel.model.restore(row.step, row.number);
      }
    }
  });
}

function othersOf(cell: ChosenCell | null): ReturnType<typeof others> {
  return cell?.step ? others(cell.opened.facts.known, cell.step) : [];
}

function addRun(
  app: JupyterFrontEnd,
  chosen: Choice,
  trans: TranslationBundle
): void {
  const isStep = (from: From): boolean => Boolean(chosen(from)?.step);
  app.commands.addCommand(RUN, {
    label: named(trans.__('Run as Pipeline up to Here'), trans),
    caption: trans.__(
      'Save and build the notebook, and run the step of the cell with all that it needs'
    ),
    icon: runPipelineIcon,
    describedBy: NO_ARGUMENTS,
    isVisible: from => Boolean(from.inPalette) || isStep(from),
    isEnabled: isStep,
    execute: async from => {
      const cell = chosen(from);
      if (cell?.step) {
        const path = cell.opened.facts.notebook.path;
        const run = { path, to: cell.step };
        await app.commands.execute('nbmlops:run-pipeline', run);
      }
    }
  });
}

/** Toolbars and menus look again when another cell is active, or more is known of it. */
function notifyOfCells(app: JupyterFrontEnd, notebooks: OpenNotebooks): void {
  const notify = (): void => {
    for (const command of COMMANDS) {
      app.commands.notifyCommandChanged(command);
    }
  };
  notebooks.currentChanged.connect(notify);
  notebooks.opened.connect((_, { panel, facts }) => {
    panel.content.activeCellChanged.connect(notify);
    facts.cellsChanged.connect(notify);
    facts.changed.connect(() => {
      if (!facts.known.loading) {
        notify();
      }
    });
  });
}
