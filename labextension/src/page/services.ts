/** What of `@jupyterlab/services` the page uses; `build_page.mjs` puts this in its place. */

export { EventManager } from '@jupyterlab/services/lib/event';
export { ServerConnection } from '@jupyterlab/services/lib/serverconnection';
