import { Token } from '@lumino/coreutils';

import type { PanelModel } from '../model/panelModel';
import type { Plans } from '../model/plans';
import type { OpenNotebooks } from './openNotebooks';
import type { RunTabs } from './runTabs';

/** The notebooks that are open, with what is known of each: the store that all plugins share. */
export const IOpenNotebooks = new Token<OpenNotebooks>(
  'nbmlops:IOpenNotebooks',
  'The notebooks that are open, with what nbmlops knows of each.'
);

/** A section of the panel. */
export type SectionName =
  | 'Steps'
  | 'Pipeline'
  | 'Runs'
  | 'Schedules'
  | 'Data'
  | 'Monitors'
  | 'Approvals';

/** What the panel shows of the current notebook, and how somebody is led there. */
export interface IMlopsPanel {
  readonly model: PanelModel;

  /** What runs print and show. */
  readonly tabs: RunTabs;

  /** What is asked for on behalf of the current notebook; fetched when it is first used. */
  plans(): Promise<Plans>;

  /** Show the panel with a section unfolded, that of the steps by default; move the focus to it. */
  show(section?: SectionName): void;
}

export const IMlopsPanel = new Token<IMlopsPanel>(
  'nbmlops:IMlopsPanel',
  'The panel with the steps of the current notebook.'
);
