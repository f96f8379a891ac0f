import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { historyIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { Choice } from '../model/versionComparison';
import { activeCell } from '../panels/chosenCell';
import { ComparisonTabs } from '../panels/comparisonTabs';
import type { OpenNotebooks } from '../panels/openNotebooks';
import { IOpenNotebooks } from '../panels/tokens';

const COMPARE = 'nbmlops:compare';

/** Of what: `path` is that of a notebook; what is left out is chosen. */
type From = ReadonlyPartialJSONObject;

/**
 * Two versions of a step side by side, in the main area.
 */
export const comparisonPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmlops:comparison',
  description: 'Compares two versions of a step, and restores either.',
  autoStart: true,
  requires: [IOpenNotebooks],
  optional: [ICommandPalette, ILayoutRestorer, ITranslator],
  activate
};

function activate(
  app: JupyterFrontEnd,
  notebooks: OpenNotebooks,
  palette: ICommandPalette | null,
  restorer: ILayoutRestorer | null,
  given: ITranslator | null
): void {
  const translator = given ?? nullTranslator;
  const trans = translator.load('nbmlops');
  const tabs = new ComparisonTabs(app, notebooks, translator);
  const pathOf = (from: From): string | null =>
    typeof from.path === 'string'
      ? from.path
      : (notebooks.current?.facts.notebook.path ?? null);
  app.commands.addCommand(COMPARE, {
    label: trans.__('MLOps: %1', trans.__('Compare Versions…')),
    caption: trans.__('Put two versions of a step side by side'),
    icon: historyIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          path: { type: 'string' },
          step: { type: 'string' },
          before: { type: 'number' },
          after: { type: 'number' }
        }
      }
    },
    isEnabled: from => pathOf(from) !== null,
    execute: async from => {
      const path = pathOf(from);
      if (path !== null) {
        const cell = from.path ? null : activeCell(notebooks.current);
        const chosen = { step: cell?.step, ...from };
        await tabs.open(path, wanted(chosen));
      }
    }
  });
  palette?.addItem({ command: COMPARE, category: trans.__('MLOps') });
  notebooks.currentChanged.connect(() =>
    app.commands.notifyCommandChanged(COMPARE)
  );
  void restorer?.restore(tabs.tracker, {
    command: COMPARE,
    args: ({ comparison }) => ({
      path: comparison.state.notebook,
      ...comparison.state.choice
    }),
    name: ({ comparison }) => comparison.state.notebook
  });
}

/** What of a choice a command was called with. */
function wanted(from: {
  readonly step?: unknown;
  readonly before?: unknown;
  readonly after?: unknown;
}): Partial<Choice> {
  const { step, before, after } = from;
  return {
    ...(typeof step === 'string' && { step }),
    ...(typeof before === 'number' && { before }),
    ...(typeof after === 'number' && { after })
  };
}
