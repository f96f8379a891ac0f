import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, InputDialog } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { dataIcon } from '../components/icons';
import { STEP_NAME } from '../model/labels';
import { activeCell, cellWithNode } from '../panels/chosenCell';
import type { ChosenCell } from '../panels/chosenCell';
import type { OpenNotebooks } from '../panels/openNotebooks';
import { IMlopsPanel, IOpenNotebooks } from '../panels/tokens';

const PIN = 'nbmlops:pin-inputs';

/**
 * Pins what a cell has read as a data set; its menu items are in `schema/pinning.json`.
 */
export const pinningPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmlops:pinning',
  description: 'Pins the inputs of a step as a data set.',
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
    const label = trans.__('Pin Inputs as Data Set…');
    const isStep = (args: From): boolean =>
      Boolean(chosen(app, notebooks, args)?.step);
    app.commands.addCommand(PIN, {
      label: args => (args.inPalette ? trans.__('MLOps: %1', label) : label),
      caption: trans.__('Keep the files and values that the step has read'),
      icon: dataIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      isVisible: args => Boolean(args.inPalette) || isStep(args),
      isEnabled: isStep,
      execute: async args => {
        const step = chosen(app, notebooks, args)?.step;
        if (!step) {
          return;
        }
        const answer = await InputDialog.getText({
          title: trans.__('Pin the Inputs of %1', step),
          label: trans.__(
            'Name of the data set: letters, digits, and _ . - behind the first letter'
          ),
          okLabel: trans.__('Pin'),
          text: step,
          pattern: STEP_NAME,
          required: true
        });
        const name = answer.value;
        if (answer.button.accept && name) {
          panel.show('Data');
          const plans = await panel.plans();
          await plans.pin(name, step, '');
        }
      }
    });
    palette?.addItem({
      command: PIN,
      category: trans.__('MLOps'),
      args: { inPalette: true }
    });
    lookAgain(notebooks, () => app.commands.notifyCommandChanged(PIN));
  }
};

/** What the command is called with: where from. */
type From = Readonly<Record<string, unknown>>;

/** A right click in an editor does not make its cell active. */
function chosen(
  app: JupyterFrontEnd,
  notebooks: OpenNotebooks,
  from: From
): ChosenCell | null {
  const isCell = (node: HTMLElement): boolean =>
    node.classList.contains('jp-Cell');
  return from.contextMenu
    ? cellWithNode(notebooks.current, app.contextMenuHitTest(isCell))
    : activeCell(notebooks.current);
}

/** Toolbars and menus look again when another cell is active, or is a step by now. */
function lookAgain(notebooks: OpenNotebooks, notify: () => void): void {
  notebooks.currentChanged.connect(notify);
  notebooks.opened.connect((_, { panel, facts }) => {
    panel.content.activeCellChanged.connect(notify);
    facts.cellsChanged.connect(notify);
  });
}
