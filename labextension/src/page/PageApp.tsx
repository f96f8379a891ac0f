import * as React from 'react';

import { AlertList } from '../components/AlertList';
import { ErrorBoundary } from '../components/ErrorBoundary';
import { fetched } from '../components/fetched';
import { SurroundingsContext } from '../components/surroundings';
import type { Surroundings } from '../components/surroundings';
import { notebookOf, routeOf } from '../model/route';
import type { Route } from '../model/route';
import { ConfirmDialog } from './ConfirmDialog';
import type { Question } from './ConfirmDialog';
import { Heading } from './PageParts';
import { Navigation } from './Navigation';
import { NotebookPage } from './NotebookPage';
import { ApprovalsPage, ExecutionsPage, NotebooksPage } from './ProjectPages';
import type { ProjectPage } from './projectPage';
import { LogPage, ReportPage } from './RunPages';
import { titleOf } from './titles';
import { useRedraw } from './useRedraw';

/** These bring an editor and a form of JupyterLab: they are fetched when they are opened. */
const waiting = ({ title }: PageProps): React.JSX.Element => (
  <Heading title={title} />
);
const ComparePage = fetched(
  async () => (await import('./ComparePage')).ComparePage,
  { waiting }
);
const ReviewPage = fetched(
  async () => (await import('./ReviewPage')).ReviewPage,
  { waiting }
);
const RunPage = fetched(async () => (await import('./RunPage')).RunPage, {
  waiting
});
const SchedulePage = fetched(
  async () => (await import('./SchedulePage')).SchedulePage,
  { waiting }
);

/** How often "3 min. ago" is said anew, in milliseconds. */
const CLOCK_TICK = 30_000;

/** The pages of a project: at the left where to go, beside it what the address leads to. */
export function PageApp(props: {
  readonly page: ProjectPage;
  readonly project: string;
  readonly language: Pick<Surroundings, 'trans' | 'locale'>;
}): React.JSX.Element {
  const { page, project, language } = props;
  const { trans } = language;
  const route = useRoute();
  const now = useClock();
  const [question, ask] = React.useState<Question | null>(null);
  const main = React.useRef<HTMLElement>(null);
  const followed = notebookOf(route);
  React.useLayoutEffect(() => page.follow(followed), [page, followed]);
  useRedraw(
    page.notebooks.changed,
    page.model.stateChanged,
    page.plans.changed,
    page.alerts.changed
  );
  const title = titleOf(route, trans);
  const address = window.location.hash;
  const first = React.useRef(true);
  React.useEffect(() => {
    document.title = [title, project, 'MLOps'].join(' · ');
    if (!first.current) {
      main.current?.querySelector('h1')?.focus();
    }
    first.current = false;
  }, [title, project, address]);
  return (
    <SurroundingsContext.Provider value={{ ...language, now, outside: true }}>
      <button
        type="button"
        className="nbm-Page-skip"
        onClick={() => main.current?.querySelector('h1')?.focus()}
      >
        {trans.__('Skip to the content')}
      </button>
      <ErrorBoundary>
        <Navigation page={page} project={project} route={route} />
      </ErrorBoundary>
      <main ref={main} className="nbm-Panel nbm-Page-main" key={address}>
        <ErrorBoundary>
          <AlertList
            alerts={page.alerts.all}
            onClose={id => page.alerts.close(id)}
          />
          <Content page={page} route={route} title={title} ask={ask} />
        </ErrorBoundary>
      </main>
      {question && (
        <ConfirmDialog question={question} onEnd={() => ask(null)} />
      )}
    </SurroundingsContext.Provider>
  );
}

/** What every page is given; `ask` lets the reader confirm something. */
export interface PageProps {
  readonly page: ProjectPage;
  readonly title: string;
  readonly ask: (question: Question) => void;
}

/** What an address leads to. */
export function Content(
  props: PageProps & { readonly route: Route }
): React.JSX.Element {
  const { route } = props;
  switch (route.page) {
    case 'notebooks':
    case 'unknown':
      return <NotebooksPage {...props} isUnknown={route.page === 'unknown'} />;
    case 'steps':
    case 'pipeline':
    case 'runs':
    case 'schedules':
    case 'data':
    case 'monitors':
      return (
        <NotebookPage {...props} notebook={route.notebook} view={route.page} />
      );
    case 'schedule':
      return (
        <SchedulePage
          {...props}
          notebook={route.notebook}
          schedule={route.schedule}
        />
      );
    case 'run':
      return (
        <RunPage {...props} notebook={route.notebook} version={route.version} />
      );
    case 'compare':
      return <ComparePage {...props} pair={route} />;
    case 'log':
      return <LogPage {...props} notebook={route.notebook} run={route.run} />;
    case 'report':
      return (
        <ReportPage {...props} notebook={route.notebook} run={route.run} />
      );
    case 'approvals':
      return <ApprovalsPage {...props} />;
    case 'review':
      return <ReviewPage {...props} version={route.version} />;
    case 'executions':
      return <ExecutionsPage {...props} />;
  }
}

/** The page to which the browser's address leads. */
function useRoute(): Route {
  const [address, setAddress] = React.useState(window.location.hash);
  React.useEffect(() => {
    const look = (): void => setAddress(window.location.hash);
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, []);
  return React.useMemo(() => routeOf(address), [address]);
}

/** The present, now and then, in milliseconds since the epoch. */
export function useClock(): number {
  const [now, setNow] = React.useState(Date.now);
  React.useEffect(() => {
    const clock = window.setInterval(() => setNow(Date.now()), CLOCK_TICK);
    return () => window.clearInterval(clock);
  }, []);
  return now;
}
