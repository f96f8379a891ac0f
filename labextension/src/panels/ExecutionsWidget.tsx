import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import type { VersionPair } from '../api/client';
import { fetched } from '../components/fetched';
import { stepsIcon } from '../components/icons';
import { SurroundingsContext } from '../components/surroundings';
import type { TableName } from '../components/ProjectTables';
import type { ExecutionTable } from '../model/executionTable';
import type { RunTable } from '../model/runTable';
import { bcp47 } from './language';
import { TickingWidget } from './TickingWidget';

/** The view is fetched once a table is opened. */
const ProjectTables = fetched(
  async () => (await import('../components/ProjectTables')).ProjectTables
);

/** What the tables show, and what opens the report of a run or compares two versions. */
export interface Tables {
  readonly executions: ExecutionTable;
  readonly runs: RunTable;
  openReport(run: string): void;
  compare(pair: VersionPair): void;
}

/**
 * The tables of a project's executions and runs, in the main area.
 */
export class ExecutionsWidget extends TickingWidget {
  /**
   * @param noteShown - is told when the other table is looked at.
   */
  constructor(
    private readonly tables: Tables,
    translator: ITranslator,
    private readonly noteShown: () => void
  ) {
    super();
    this.trans = translator.load('nbmlops');
    this.locale = bcp47(translator.languageCode);
    this.id = `nbmlops-executions-${(ExecutionsWidget.made += 1)}`;
    this.title.icon = stepsIcon;
    this.title.label = this.trans.__('Executions');
    this.title.caption = this.at;
    this.title.closable = true;
    this.addClass('nbm-Panel');
    this.addClass('nbm-Executions');
    this.node.tabIndex = -1;
    this.node.setAttribute('aria-label', this.trans.__('Executions'));
  }

  /** The notebook or folder whose project it is of. */
  get at(): string {
    return this.tables.executions.state.choice.at;
  }

  /** Which of the tables is looked at. */
  get shown(): TableName {
    return this.looked;
  }

  /** Look at one of the tables, which is read then. */
  look(shown: TableName): void {
    this.looked = shown;
    const table = this.tables[shown];
    if (table.state.total === null) {
      void table.refresh();
    }
    this.noteShown();
    this.update();
  }

  /** Something was recorded of a notebook. */
  noteRecorded(notebook: string, execution: number): void {
    this.tables.executions.noteRecorded(notebook, execution);
  }

  /** A run of a notebook has begun or ended. */
  noteRun(notebook: string): void {
    this.tables.runs.noteRun(notebook);
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  /** A table that was closed is gone: the next one asks anew. */
  protected override onCloseRequest(message: Message): void {
    super.onCloseRequest(message);
    this.dispose();
  }

  protected override render(): React.JSX.Element {
    return (
      <UseSignal signal={this.tables.executions.changed}>
        {() => (
          <UseSignal signal={this.tables.runs.changed}>
            {() => this.content()}
          </UseSignal>
        )}
      </UseSignal>
    );
  }

  private content(): React.JSX.Element {
    const { executions, runs } = this.tables;
    return (
      <SurroundingsContext.Provider
        value={{ trans: this.trans, locale: this.locale, now: Date.now() }}
      >
        <ProjectTables
          executions={executions}
          runs={runs}
          shown={this.looked}
          onShow={shown => this.look(shown)}
          onReport={run => this.tables.openReport(run)}
          onCompare={pair => this.tables.compare(pair)}
        />
      </SurroundingsContext.Provider>
    );
  }

  private looked: TableName = 'executions';

  private static made = 0;
  private readonly trans: TranslationBundle;
  private readonly locale: string;
}
