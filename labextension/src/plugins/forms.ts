import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { buildIcon, checkIcon, historyIcon } from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { runPipelineIcon, scheduleIcon } from '../components/icons';
import { once } from '../model/loading';
import type { FormSubject, FormTabs } from '../panels/formTabs';
import type { OpenNotebooks } from '../panels/openNotebooks';
import { tellProblem } from '../panels/problemNotice';
import { RestoredTabs } from '../panels/restoredTabs';
import { IMlopsPanel, IOpenNotebooks } from '../panels/tokens';

const REOPEN = 'nbmlops:reopen-form';

/** Where a command acts: `path` is that of a notebook, `browser` means the chosen file. */
type From = ReadonlyPartialJSONObject;

/**
 * Forms in the main area: a schedule that is made or changed, a version that is reviewed. Toolbar
 * and menus are in `schema/forms.json`.
 */
export const formsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmlops:forms',
  description:
    'Builds and runs pipelines, reviews their versions and makes schedules.',
  autoStart: true,
  requires: [IOpenNotebooks, IMlopsPanel],
  optional: [
    IDefaultFileBrowser,
    ICommandPalette,
    ILayoutRestorer,
    ITranslator
  ],
  activate
};

function activate(
  app: JupyterFrontEnd,
  notebooks: OpenNotebooks,
  panel: IMlopsPanel,
  browser: IDefaultFileBrowser | null,
  palette: ICommandPalette | null,
  restorer: ILayoutRestorer | null,
  given: ITranslator | null
): void {
  const translator = given ?? nullTranslator;
  const trans = translator.load('nbmlops');
  const pathOf = (from: From): string | null => {
    if (from.browser) {
      const [file] = browser?.selectedItems() ?? [];
      return file ? app.serviceManager.contents.localPath(file.path) : null;
    }
    return typeof from.path === 'string'
      ? from.path
      : (notebooks.current?.facts.notebook.path ?? null);
  };
  const restored = new RestoredTabs<FormSubject>('nbmlops-forms');
  const tabs: () => Promise<FormTabs> = once(async () => {
    const { FormTabs } = await import('../panels/formTabs');
    return new FormTabs(app, translator, restored);
  });
  const began = (): void => panel.show('Runs');
  const add = (
    id: string,
    options: { label: string; caption: string; icon: LabIcon },
    act: (path: string, from: From) => Promise<unknown>
  ): void => {
    const { label, caption, icon } = options;
    const inPalette = { inPalette: true };
    app.commands.addCommand(id, {
      label: from => (from.inPalette ? trans.__('MLOps: %1', label) : label),
      caption,
      icon,
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: from => pathOf(from) !== null,
      execute: async from => {
        const path = pathOf(from);
        try {
          await (path === null ? undefined : act(path, from));
        } catch (error) {
          tellProblem(error, trans);
        }
      }
    });
    palette?.addItem({
      command: id,
      category: trans.__('MLOps'),
      args: inPalette
    });
  };
  add(
    'nbmlops:schedule',
    {
      label: trans.__('Schedule…'),
      caption: trans.__('Let the pipeline of the notebook run by itself'),
      icon: scheduleIcon
    },
    async (path, { schedule }) =>
      (await tabs()).schedule(
        path,
        typeof schedule === 'number' ? schedule : null
      )
  );
  add(
    'nbmlops:review',
    {
      label: trans.__('Review…'),
      caption: trans.__('See what a version changes, and decide on it'),
      icon: checkIcon
    },
    async (path, { version }) =>
      typeof version === 'string'
        ? (await tabs()).review(path, version)
        : (await tabs()).reviewLatest(path)
  );
  add(
    'nbmlops:build',
    {
      label: trans.__('Build Pipeline'),
      caption: trans.__('Save the notebook, and build its pipeline'),
      icon: buildIcon
    },
    async path => {
      await notebooks.save(path);
      await (await tabs()).build(path);
    }
  );
  add(
    'nbmlops:run-pipeline',
    {
      label: trans.__('Run as Pipeline…'),
      caption: trans.__('Save and build the notebook, and run its pipeline'),
      icon: runPipelineIcon
    },
    async (path, { to }) => {
      await notebooks.save(path);
      const step = typeof to === 'string' ? to : null;
      await (await tabs()).run(path, step, began);
    }
  );
  add(
    'nbmlops:history',
    {
      label: trans.__('History'),
      caption: trans.__('List what was executed of the notebook'),
      icon: historyIcon
    },
    path => app.commands.execute('nbmlops:show-executions', { at: path })
  );
  app.commands.addCommand(REOPEN, {
    label: trans.__('MLOps: %1', trans.__('Reopen Form')),
    describedBy: { args: { type: 'object', properties: {} } },
    isVisible: () => false,
    execute: async from => {
      try {
        await (await tabs()).reopen(from as FormSubject, began);
      } catch (error) {
        tellProblem(error, trans);
      }
    }
  });
  restored.restoreBy(REOPEN, restorer);
  const notify = (): void => app.commands.notifyCommandChanged();
  notebooks.currentChanged.connect(notify);
  notebooks.opened.connect(notify);
}
