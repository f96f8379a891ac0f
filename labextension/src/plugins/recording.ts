import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { NotebookActions } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { recordIcon } from '../components/icons';
import type { OpenFacts, OpenNotebooks } from '../panels/openNotebooks';
import { tellProblem } from '../panels/problemNotice';
import { Recording } from '../panels/recording';
import { IOpenNotebooks } from '../panels/tokens';

const TRACK = 'nbmlops:track-notebook';

/**
 * Turns the recording of the current notebook on and off; its button is in
 * `schema/recording.json`.
 */
export const recordingPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmlops:recording',
  description: 'Turns the recording of a notebook on and off.',
  autoStart: true,
  requires: [IOpenNotebooks],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: OpenNotebooks,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('nbmlops');
    const known = new Map<OpenFacts, Recording>();
    const notify = (): void => app.commands.notifyCommandChanged(TRACK);
    const current = (): Recording | undefined =>
      notebooks.current ? known.get(notebooks.current) : undefined;
    const label = trans.__('Record Notebook');
    app.commands.addCommand(TRACK, {
      label: from => (from.inPalette ? trans.__('MLOps: %1', label) : ''),
      caption: () =>
        current()?.on
          ? trans.__('This notebook is recorded: stop')
          : trans.__('Record all cells of this notebook from here on'),
      icon: recordIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      isToggleable: true,
      isToggled: () => current()?.on ?? false,
      isEnabled: () => current() !== undefined,
      execute: async () => {
        try {
          const said = await current()?.toggle();
          if (said) {
            Notification.info(said, { autoClose: 5000 });
          }
        } catch (error) {
          tellProblem(error, trans);
        }
      }
    });
    const inPalette = { args: { inPalette: true } };
    palette?.addItem({
      command: TRACK,
      category: trans.__('MLOps'),
      ...inPalette
    });
    const add = (opened: OpenFacts): void => {
      const recording = new Recording(opened);
      known.set(opened, recording);
      recording.changed.connect(notify);
      recording.lost.connect(() => tellLoss(recording, opened, trans));
      opened.panel.disposed.connect(() => known.delete(opened));
      notify();
    };
    notebooks.all.forEach(add);
    notebooks.opened.connect((_, opened) => add(opened));
    notebooks.currentChanged.connect(notify);
    NotebookActions.executed.connect((_, { notebook, cell }) => {
      const ran = notebooks.all.find(one => one.panel.content === notebook);
      if (
        ran &&
        /\bnbmlops\b|%mlops/.test(cell.model.sharedModel.getSource())
      ) {
        void known.get(ran)?.ask();
      }
    });
  }
};

/** The kernel has died: what to do so that the new one records, and where the variables are. */
function tellLoss(
  recording: Recording,
  opened: OpenFacts,
  trans: TranslationBundle
): void {
  const told = trans.__(
    'The kernel of %1 has died. The one that took its place does not record, and has no variables: record the notebook, and %2 brings back what was kept.',
    opened.facts.notebook.path,
    '%mlops checkout latest'
  );
  const record = (): void => {
    recording.toggle().catch((error: unknown) => tellProblem(error, trans));
  };
  const notice = Notification.warning(told, {
    autoClose: false,
    actions: [{ label: trans.__('Record Notebook'), callback: record }]
  });
  const dismiss = (): void => {
    Notification.dismiss(notice);
    recording.changed.disconnect(dismiss);
  };
  recording.changed.connect(dismiss);
}
