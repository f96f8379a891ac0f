import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { ErrorBoundary } from '../components/ErrorBoundary';
import { SurroundingsContext } from '../components/surroundings';
import type { Surroundings } from '../components/surroundings';
import { addressOf, NOTEBOOK_VIEWS, notebookOf, routeOf } from '../model/route';
import type { Route } from '../model/route';
import { ConfirmDialog } from '../page/ConfirmDialog';
import type { Question } from '../page/ConfirmDialog';
import { Content, useClock } from '../page/PageApp';
import type { ProjectPage } from '../page/projectPage';
import { nameOf, titleOf, viewName } from '../page/titles';
import { useRedraw } from '../page/useRedraw';
import type { Kernel } from './kernel';
import type { Router } from './router';

/** The pages of one notebook, in the output of one of its cells. */
export function PanelApp(props: {
  readonly page: ProjectPage;
  readonly kernel: Kernel;
  readonly router: Router;
  readonly notebook: string;
  readonly language: Pick<Surroundings, 'trans' | 'locale'>;
}): React.JSX.Element {
  const { page, kernel, router, notebook, language } = props;
  const now = useClock();
  const [question, ask] = React.useState<Question | null>(null);
  const main = React.useRef<HTMLDivElement>(null);
  useRedraw(
    page.notebooks.changed,
    page.model.stateChanged,
    page.plans.changed,
    router.changed,
    kernel.changed
  );
  const { address } = router;
  const route = React.useMemo(() => routeOf(address), [address]);
  const followed = notebookOf(route);
  React.useLayoutEffect(() => page.follow(followed), [page, followed]);
  const title = titleOf(route, language.trans);
  const first = React.useRef(true);
  React.useEffect(() => {
    if (!first.current) {
      page.model.dismiss(); // what was said of a version was read
      main.current?.querySelector('h1')?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [address]);
  const { trans } = language;
  return (
    <SurroundingsContext.Provider
      value={{ ...language, now, outside: true, kernel: true }}
    >
      <section
        className="nbm-Panel nbm-Page-main"
        aria-label={trans.__('MLOps of %1', nameOf(notebook))}
        onClick={event => follow(event, router)}
      >
        <Views page={page} notebook={notebook} route={route} />
        <p className="nbm-Facts nbm-Widget-busy" role="status">
          {kernel.busy &&
            trans.__('The kernel is busy: it answers when its cell has ended.')}
        </p>
        <div ref={main} key={address} className="nbm-Widget-content">
          <ErrorBoundary>
            <Content page={page} route={route} title={title} ask={ask} />
          </ErrorBoundary>
        </div>
      </section>
      {question && (
        <ConfirmDialog question={question} onEnd={() => ask(null)} />
      )}
    </SurroundingsContext.Provider>
  );
}

/** A link leads to another page of the panel, and nowhere else. */
function follow(event: React.MouseEvent, router: Router): void {
  const link = (event.target as Element).closest('a[href^="#/"]');
  if (link) {
    event.preventDefault();
    router.go(link.getAttribute('href') ?? '');
  }
}

function Views(props: {
  readonly page: ProjectPage;
  readonly notebook: string;
  readonly route: Route;
}): React.JSX.Element {
  const { page, notebook, route } = props;
  const { trans } = React.useContext(SurroundingsContext);
  return (
    <nav
      className="nbm-Page-views"
      aria-label={trans.__('Views of %1', nameOf(notebook))}
    >
      {NOTEBOOK_VIEWS.map(one => (
        <View
          key={one}
          to={{ page: one, notebook }}
          isCurrent={one === route.page}
          label={viewName(one, trans)}
        />
      ))}
      <View
        to={{ page: 'approvals' }}
        isCurrent={route.page === 'approvals' || route.page === 'review'}
        label={trans.__('Approvals')}
      />
      <button
        type="button"
        className="nbm-Button"
        aria-label={trans.__('Refresh')}
        title={trans.__('Refresh')}
        onClick={() => page.refresh()}
      >
        <refreshIcon.react tag="span" height="16px" width="16px" />
      </button>
    </nav>
  );
}

function View(props: {
  readonly to: Route;
  readonly isCurrent: boolean;
  readonly label: string;
}): React.JSX.Element {
  return (
    <a
      href={addressOf(props.to)}
      aria-current={props.isCurrent ? 'page' : undefined}
    >
      {props.label}
    </a>
  );
}
