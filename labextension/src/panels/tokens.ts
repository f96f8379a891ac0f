import { Token } from '@lumino/coreutils';

import type { PanelModel } from '../model/panelModel';
import type { OpenNotebooks } from './openNotebooks';

/** The notebooks that are open, with what is known of each: the store that all plugins share. */
export const IOpenNotebooks = new Token<OpenNotebooks>(
  'nbmlops:IOpenNotebooks',
  'The notebooks that are open, with what nbmlops knows of each.'
);

/** What the panel shows of the current notebook, and how somebody is led there. */
export interface IMlopsPanel {
  readonly model: PanelModel;

  /** Show the panel, and move the focus to it. */
  show(): void;
}

export const IMlopsPanel = new Token<IMlopsPanel>(
  'nbmlops:IMlopsPanel',
  'The panel with the steps of the current notebook.'
);
