import { alertsPlugin } from './plugins/alerts';
import { badgesPlugin } from './plugins/badges';
import { cellsPlugin } from './plugins/cells';
import { comparisonPlugin } from './plugins/comparison';
import { executionsPlugin } from './plugins/executions';
import { factsPlugin } from './plugins/facts';
import { formsPlugin } from './plugins/forms';
import { panelPlugin } from './plugins/panel';
import { pinningPlugin } from './plugins/pinning';
import { recordingPlugin } from './plugins/recording';
import { statusPlugin } from './plugins/status';

export default [
  factsPlugin,
  panelPlugin,
  badgesPlugin,
  cellsPlugin,
  comparisonPlugin,
  executionsPlugin,
  formsPlugin,
  pinningPlugin,
  recordingPlugin,
  statusPlugin,
  alertsPlugin
];
