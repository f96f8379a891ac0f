import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { stepsIcon } from '../components/icons';
import { useSurroundings } from '../components/surroundings';
import type { NotebookRow } from '../contract/wire';
import { addressOf, notebookOf } from '../model/route';
import type { Route } from '../model/route';
import type { ProjectPage } from './projectPage';
import { nameOf } from './titles';

/** Where to go: what is of the whole project, and its notebooks. */
export function Navigation(props: {
  readonly page: ProjectPage;
  readonly project: string;
  readonly route: Route;
}): React.JSX.Element {
  const { page, project, route } = props;
  const { trans } = useSurroundings();
  const { rows } = page.notebooks.state;
  const shown = notebookOf(route);
  return (
    <header className="nbm-Page-side nbm-Panel">
      <div className="nbm-Page-brand">
        <stepsIcon.react tag="span" height="24px" width="24px" />
        <p>
          <strong>MLOps</strong>
          <span title={project}>{project}</span>
        </p>
        <button
          type="button"
          className="nbm-Button"
          aria-label={trans.__('Refresh')}
          title={trans.__('Refresh')}
          onClick={() => page.refresh()}
        >
          <refreshIcon.react tag="span" height="16px" width="16px" />
        </button>
      </div>
      <nav aria-label={trans.__('Project')}>
        <h2>{trans.__('Project')}</h2>
        <ul>
          <Entry
            to={{ page: 'notebooks' }}
            isCurrent={route.page === 'notebooks'}
            label={trans.__('Notebooks')}
          />
          <Entry
            to={{ page: 'approvals' }}
            isCurrent={route.page === 'approvals' || route.page === 'review'}
            label={trans.__('Approvals')}
          />
          <Entry
            to={{ page: 'executions' }}
            isCurrent={route.page === 'executions'}
            label={trans.__('Executions and runs')}
          />
        </ul>
        {rows !== null && rows.length > 0 && (
          <>
            <h2>{trans.__('Notebooks')}</h2>
            <ul>
              {rows.map(row => (
                <NotebookEntry
                  key={row.notebook}
                  row={row}
                  isCurrent={row.notebook === shown}
                />
              ))}
            </ul>
          </>
        )}
      </nav>
    </header>
  );
}

function Entry(props: {
  readonly to: Route;
  readonly isCurrent: boolean;
  readonly label: string;
}): React.JSX.Element {
  return (
    <li>
      <a
        href={addressOf(props.to)}
        aria-current={props.isCurrent ? 'page' : undefined}
      >
        {props.label}
      </a>
    </li>
  );
}

function NotebookEntry(props: {
  readonly row: NotebookRow;
  readonly isCurrent: boolean;
}): React.JSX.Element {
  const { notebook } = props.row;
  const name = nameOf(notebook);
  const folder = notebook.slice(0, -name.length - 1);
  return (
    <li>
      <a
        href={addressOf({ page: 'steps', notebook })}
        aria-current={props.isCurrent ? 'true' : undefined}
        title={notebook}
      >
        {name}
        {folder && <small>{folder}</small>}
      </a>
    </li>
  );
}
