/** What of a notebook is looked at. */
export type NotebookView =
  'steps' | 'pipeline' | 'runs' | 'schedules' | 'data' | 'monitors';

/**
 * What a page shows; runs and versions are references, notebooks relative to the server's root. No
 * `schedule` is one that is to be made.
 */
export type Route =
  | { readonly page: 'notebooks' }
  | { readonly page: NotebookView; readonly notebook: string }
  | {
      readonly page: 'schedule';
      readonly notebook: string;
      readonly schedule: number | null;
    }
  | {
      readonly page: 'run';
      readonly notebook: string;
      readonly version: string;
    }
  | {
      readonly page: 'compare';
      readonly notebook: string;
      readonly step: string;
      readonly before: number;
      readonly after: number;
    }
  | { readonly page: 'log'; readonly notebook: string; readonly run: string }
  | { readonly page: 'report'; readonly notebook: string; readonly run: string }
  | { readonly page: 'approvals' }
  | { readonly page: 'review'; readonly version: string }
  | { readonly page: 'executions' }
  | { readonly page: 'unknown'; readonly address: string };

/** What of a notebook can be looked at, in the order in which it is offered. */
export const NOTEBOOK_VIEWS: readonly NotebookView[] = [
  'steps',
  'pipeline',
  'runs',
  'schedules',
  'data',
  'monitors'
];

/** The part of an address behind the `#` that leads to a page. */
export function addressOf(route: Route): string {
  switch (route.page) {
    case 'notebooks':
      return '#/';
    case 'steps':
    case 'pipeline':
    case 'runs':
    case 'schedules':
    case 'data':
    case 'monitors':
      return path('notebooks', route.notebook, route.page);
    case 'schedule':
      return path(
        'notebooks',
        route.notebook,
        'schedules',
        `${route.schedule ?? 'new'}`
      );
    case 'run':
      return path(
        'notebooks',
        route.notebook,
        'pipeline',
        route.version,
        'run'
      );
    case 'compare': {
      const { notebook, step, before, after } = route;
      return path('notebooks', notebook, 'steps', step, `${before}-${after}`);
    }
    case 'log':
    case 'report':
      return path('notebooks', route.notebook, 'runs', route.run, route.page);
    case 'approvals':
    case 'executions':
      return path(route.page);
    case 'review':
      return path('approvals', route.version);
    case 'unknown':
      return route.address;
  }
}

/** The page to which an address leads: what is behind its `#`. */
export function routeOf(address: string): Route {
  const unknown: Route = { page: 'unknown', address };
  const words = wordsOf(address);
  if (words === null) {
    return unknown;
  }
  const [first, second = '', third, fourth = '', fifth] = words;
  if (first === undefined) {
    return { page: 'notebooks' };
  }
  if (first === 'executions' && words.length === 1) {
    return { page: 'executions' };
  }
  if (first === 'approvals' && words.length <= 2) {
    return second ? { page: 'review', version: second } : { page: first };
  }
  if (first !== 'notebooks' || second === '') {
    return unknown;
  }
  const notebook = second;
  const view = NOTEBOOK_VIEWS.find(one => one === (third ?? 'steps'));
  if (view && words.length <= 3) {
    return { page: view, notebook };
  }
  if (
    view === 'schedules' &&
    /^(new|\d+)$/.test(fourth) &&
    words.length === 4
  ) {
    const schedule = fourth === 'new' ? null : Number(fourth);
    return { page: 'schedule', notebook, schedule };
  }
  if (view === 'pipeline' && fifth === 'run' && words.length === 5) {
    return { page: fifth, notebook, version: fourth };
  }
  const pair = /^(\d+)-(\d+)$/.exec(fifth ?? '');
  if (view === 'steps' && pair && words.length === 5) {
    const [before = 0, after = 0] = pair.slice(1).map(Number);
    return { page: 'compare', notebook, step: fourth, before, after };
  }
  if (
    view === 'runs' &&
    (fifth === 'log' || fifth === 'report') &&
    words.length === 5
  ) {
    return { page: fifth, notebook, run: fourth };
  }
  return unknown;
}

/** The notebook that a page is of; `null` where it is of the whole project. */
export function notebookOf(route: Route): string | null {
  return 'notebook' in route ? route.notebook : null;
}

function path(...words: readonly string[]): string {
  return `#/${words.map(encodeURIComponent).join('/')}`;
}

function wordsOf(address: string): string[] | null {
  try {
    return address
      .replace(/^#?\/?/, '')
      .split('/')
      .filter(word => word !== '')
      .map(decodeURIComponent);
  } catch {
    return null; // no address of ours has a % that stands for nothing
  }
}
