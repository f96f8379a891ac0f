import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Dialog, ICommandPalette, showDialog } from '@jupyterlab/apputils';
import { NotebookActions } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { MlopsClient } from '../api/client';
import { EventStream } from '../api/events';
import { stepsIcon } from '../components/icons';
import type { PanelHost } from '../components/sectionProps';
import { once } from '../model/loading';
import { PanelModel } from '../model/panelModel';
import type { Plans } from '../model/plans';
import { followSettings } from '../panels/followSettings';
import { MlopsPanel } from '../panels/MlopsPanel';
import type { OpenNotebooks } from '../panels/openNotebooks';
import { RunTabs } from '../panels/runTabs';
import type { RunSubject } from '../panels/runTabs';
import { IMlopsPanel, IOpenNotebooks } from '../panels/tokens';
import type { SectionName } from '../panels/tokens';

const SHOW_STEPS = 'nbmlops:show-steps';
const GO_TO_NOTEBOOK = 'nbmlops:go-to-notebook';
const REOPEN_RUN = 'nbmlops:reopen-run';

/**
 * The panel around the current notebook, and the command that shows it; `schema/panel.json` says
 * which sections it has.
 */
export const panelPlugin: JupyterFrontEndPlugin<IMlopsPanel> = {
  id: 'nbmlops:panel',
  description:
    'Shows the steps, pipelines, runs, schedules, data sets, monitors and approvals of the open notebook.',
  autoStart: true,
  requires: [IOpenNotebooks],
  optional: [ICommandPalette, ILayoutRestorer, ISettingRegistry, ITranslator],
  provides: IMlopsPanel,
  activate
};

async function activate(
  app: JupyterFrontEnd,
  notebooks: OpenNotebooks,
  palette: ICommandPalette | null,
  restorer: ILayoutRestorer | null,
  registry: ISettingRegistry | null,
  given: ITranslator | null
): Promise<IMlopsPanel> {
  const translator = given ?? nullTranslator;
  const model = new PanelModel(
    new MlopsClient(app.serviceManager.serverSettings)
  );
  const tabs = new RunTabs(
    app,
    translator,
    new EventStream(app.serviceManager.events)
  );
  const host = hostOf(app, notebooks, model, tabs);
  const plans = plansOf(app, model);
  const panel = new MlopsPanel({ model, host, translator, plans });
  app.shell.add(panel, 'left', { rank: 500 });
  restorer?.add(panel, panel.id);
  addRuns(app, tabs, restorer, translator);
  const show = (section?: SectionName): void => {
    app.shell.activateById(panel.id);
    panel.node.focus();
    if (section) {
      panel.open(section);
    } else {
      panel.unfold(0);
    }
  };
  addCommands(app, show, palette, translator);
  app.commands.addCommand(GO_TO_NOTEBOOK, {
    label: translator.load('nbmlops').__('MLOps: Go to Notebook'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => host.reveal()
  });
  palette?.addItem({
    command: GO_TO_NOTEBOOK,
    category: translator.load('nbmlops').__('MLOps')
  });
  followCurrent(notebooks, model);
  // before the layout is restored, which counts the sections
  await followSettings(registry, panelPlugin.id, translator, chosen =>
    panel.choose(chosen)
  );
  return { model, tabs, plans, show };
}

/** Fetched and made once the panel is first seen. */
function plansOf(
  app: JupyterFrontEnd,
  model: PanelModel
): () => Promise<Plans> {
  return once(async () => {
    const [{ PanelClient }, { Plans }] = await Promise.all([
      import('../api/panelClient'),
      import('../model/plans')
    ]);
    return new Plans(new PanelClient(app.serviceManager.serverSettings), model);
  });
}

function hostOf(
  app: JupyterFrontEnd,
  notebooks: OpenNotebooks,
  model: PanelModel,
  tabs: RunTabs
): PanelHost {
  return {
    reveal: () => {
      const shown = notebooks.all.find(one => one.facts === model.following);
      if (shown) {
        app.shell.activateById(shown.panel.id);
      }
    },
    confirm: async (title, body, label) => {
      const buttons = [Dialog.cancelButton(), Dialog.okButton({ label })];
      return (await showDialog({ title, body, buttons })).button.accept;
    },
    openLog: run =>
      void tabs.openLog(model.following?.notebook.path ?? null, run),
    openReport: run =>
      void tabs.openReport(model.following?.notebook.path ?? null, run),
    build: () => {
      const path = model.following?.notebook.path ?? null;
      void app.commands.execute('nbmlops:build', { path });
    },
    run: () => {
      const path = model.following?.notebook.path ?? null;
      void app.commands.execute('nbmlops:run-pipeline', { path });
    },
    openSchedule: schedule => {
      const path = model.following?.notebook.path ?? null;
      const asked = schedule === undefined ? { path } : { path, schedule };
      void app.commands.execute('nbmlops:schedule', asked);
    },
    openReview: version => {
      const path = model.following?.notebook.path ?? null;
      void app.commands.execute('nbmlops:review', { path, version });
    },
    openComparison: (step, before, after) => {
      const path = model.following?.notebook.path ?? null;
      const compared = { path, step, before, after };
      void app.commands.execute('nbmlops:compare', compared);
    },
    openExecutions: () => void app.commands.execute('nbmlops:show-executions')
  };
}

function addCommands(
  app: JupyterFrontEnd,
  show: (section?: SectionName) => void,
  palette: ICommandPalette | null,
  translator: ITranslator
): void {
  const trans = translator.load('nbmlops');
  const category = trans.__('MLOps');
  app.commands.addCommand(SHOW_STEPS, {
    label: trans.__('MLOps: Show Steps'),
    caption: trans.__('Show the steps of the open notebook'),
    icon: stepsIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => show()
  });
  palette?.addItem({ command: SHOW_STEPS, category });
  const others: ReadonlyArray<readonly [SectionName, string]> = [
    ['Pipeline', trans.__('MLOps: Show Pipeline')],
    ['Runs', trans.__('MLOps: Show Runs')],
    ['Schedules', trans.__('MLOps: Show Schedules')],
    ['Data', trans.__('MLOps: Show Data Sets')],
    ['Monitors', trans.__('MLOps: Show Monitors')],
    ['Approvals', trans.__('MLOps: Show Approvals')]
  ];
  for (const [section, label] of others) {
    const command = `nbmlops:show-${section.toLowerCase()}`;
    app.commands.addCommand(command, {
      label,
      icon: stepsIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => show(section)
    });
    palette?.addItem({ command, category });
  }
}

/** What runs print and show is there again when the page is loaded. */
function addRuns(
  app: JupyterFrontEnd,
  tabs: RunTabs,
  restorer: ILayoutRestorer | null,
  translator: ITranslator
): void {
  const trans = translator.load('nbmlops');
  app.commands.addCommand(REOPEN_RUN, {
    label: trans.__('MLOps: %1', trans.__('Reopen Log or Report')),
    describedBy: { args: { type: 'object', properties: {} } },
    isVisible: () => false,
    execute: from =>
      typeof from.run === 'string' ? tabs.open(from as RunSubject) : undefined
  });
  tabs.restored.restoreBy(REOPEN_RUN, restorer);
}

function followCurrent(notebooks: OpenNotebooks, model: PanelModel): void {
  const follow = (): void => model.follow(notebooks.current?.facts ?? null);
  notebooks.currentChanged.connect(follow);
  follow();
  NotebookActions.executed.connect((_, { notebook }) => {
    if (notebook === notebooks.current?.panel.content) {
      model.dismiss();
    }
  });
}
