import type { TranslationBundle } from '@jupyterlab/translation';

import type { NotebookView, Route } from '../model/route';

/** What a view of a notebook is called. */
export function viewName(view: NotebookView, trans: TranslationBundle): string {
  const names: Record<NotebookView, string> = {
    steps: trans.__('Steps'),
    pipeline: trans.__('Pipeline'),
    runs: trans.__('Runs'),
    schedules: trans.__('Schedules'),
    data: trans.__('Data'),
    monitors: trans.__('Monitors')
  };
  return names[view];
}

/** What a page is called, in its heading and in the browser's title. */
export function titleOf(route: Route, trans: TranslationBundle): string {
  switch (route.page) {
    case 'notebooks':
      return trans.__('Notebooks');
    case 'steps':
    case 'pipeline':
    case 'runs':
    case 'schedules':
    case 'data':
    case 'monitors':
      return trans.__(
        '%1 of %2',
        viewName(route.page, trans),
        nameOf(route.notebook)
      );
    case 'schedule':
      return route.schedule === null
        ? trans.__('New schedule of %1', nameOf(route.notebook))
        : trans.__('Schedule %1 of %2', route.schedule, nameOf(route.notebook));
    case 'run':
      return trans.__('Run %1', route.version);
    case 'compare':
      return `${route.step}@${route.before} ↔ ${route.step}@${route.after}`;
    case 'log':
      return trans.__('Log of %1', route.run);
    case 'report':
      return trans.__('Report of %1', route.run);
    case 'approvals':
      return trans.__('Approvals');
    case 'review':
      return trans.__('Review of %1', route.version);
    case 'executions':
      return trans.__('Executions and runs');
    case 'unknown':
      return trans.__('No such page');
  }
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
