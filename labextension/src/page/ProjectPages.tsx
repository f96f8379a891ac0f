import * as React from 'react';

import { ApprovalsSection } from '../components/ApprovalsSection';
import { ProblemBox } from '../components/ProblemBox';
import { ProjectTables } from '../components/ProjectTables';
import type { TableName } from '../components/ProjectTables';
import { useSurroundings } from '../components/surroundings';
import type { NotebookRow } from '../contract/wire';
import { ANY_NOTEBOOK } from '../model/projectNotebooks';
import { addressOf } from '../model/route';
import { hostOf } from './NotebookPage';
import type { PageProps } from './PageApp';
import { Heading, Messages } from './PageParts';
import { useRedraw } from './useRedraw';

/** The notebooks of the project, with what is known of each. */
export function NotebooksPage(
  props: PageProps & { readonly isUnknown: boolean }
): React.JSX.Element {
  const { rows, problem } = props.page.notebooks.state;
  const { trans } = useSurroundings();
  return (
    <>
      <Heading title={props.title} />
      {props.isUnknown && (
        <p className="nbm-Hint">
          {trans.__('Nothing is at this address. Here is what there is.')}
        </p>
      )}
      {problem && <ProblemBox problem={problem} />}
      {!problem && rows === null && (
        <p className="nbm-Hint">{trans.__('Loading…')}</p>
      )}
      {rows?.length === 0 && (
        <p className="nbm-Hint">
          {trans.__(
            'Nothing was recorded in this folder yet. In a notebook, put'
          )}{' '}
          <code>%mlops track NAME</code>{' '}
          {trans.__("on a cell's first line and run it.")}
        </p>
      )}
      {rows !== null && rows.length > 0 && (
        <ul className="nbm-Page-cards" aria-label={trans.__('Notebooks')}>
          {rows.map(row => (
            <Card key={row.notebook} row={row} />
          ))}
        </ul>
      )}
    </>
  );
}

function Card({ row }: { readonly row: NotebookRow }): React.JSX.Element {
  const { trans } = useSurroundings();
  const { notebook, steps, pipelines } = row;
  const facts = [
    trans._n('%1 step', '%1 steps', steps, steps),
    trans._n('%1 pipeline', '%1 pipelines', pipelines, pipelines),
    ...(row.exists ? [] : [trans.__('its file is gone')])
  ];
  return (
    <li>
      <a href={addressOf({ page: 'steps', notebook })}>{notebook}</a>
      <p className="nbm-Facts">{facts.join(' · ')}</p>
    </li>
  );
}

/** What of the project waits for a decision. */
export function ApprovalsPage(props: PageProps): React.JSX.Element {
  const { page, title } = props;
  return (
    <>
      <Heading title={title} />
      <Messages page={page} />
      <div className="nbm-Page-section nbm-mod-approvals">
        <ApprovalsSection
          model={page.model}
          plans={page.plans}
          host={hostOf(props, ANY_NOTEBOOK)}
          visible
        />
      </div>
    </>
  );
}

/** All executions of the project's steps, and all runs of its pipelines. */
export function ExecutionsPage({ page, title }: PageProps): React.JSX.Element {
  const [shown, show] = React.useState<TableName>('executions');
  const { executions, runs, go } = page;
  useRedraw(executions.changed, runs.changed);
  React.useEffect(() => void page[shown].refresh(), [page, shown]);
  return (
    <>
      <Heading title={title} />
      <div className="nbm-Executions nbm-Page-tables">
        <ProjectTables
          executions={executions}
          runs={runs}
          shown={shown}
          onShow={show}
          onCompare={pair => go(addressOf({ page: 'compare', ...pair }))}
          onReport={run =>
            go(addressOf({ page: 'report', notebook: ANY_NOTEBOOK, run }))
          }
        />
      </div>
    </>
  );
}
