import * as React from 'react';

import { RunReport } from '../components/RunReport';
import { useSurroundings } from '../components/surroundings';
import { Transcript } from '../components/Transcript';
import { ANY_NOTEBOOK } from '../model/projectNotebooks';
import { RunLog } from '../model/runLog';
import type { PageProps } from './PageApp';
import { Back, Heading } from './PageParts';
import { useModel } from './useModel';

type RunProps = PageProps & {
  readonly notebook: string;
  readonly run: string;
};

/** What a run prints, as it goes on. */
export function LogPage(props: RunProps): React.JSX.Element {
  const { page, notebook, run, title } = props;
  const { trans } = useSurroundings();
  const log = useModel(
    () =>
      new RunLog(page.panelClient, notebook, page.factsOf(notebook).told, run)
  );
  return (
    <>
      <Heading title={title} path={notebook} />
      <Back to={{ page: 'runs', notebook }}>
        {trans.__('All runs of the notebook')}
      </Back>
      <div className="nbm-Log nbm-Page-log">
        <Transcript run={run} {...log.state} />
      </div>
    </>
  );
}

/** The executed notebook of a run. */
export function ReportPage(props: RunProps): React.JSX.Element {
  const { page, notebook, run, title } = props;
  const { trans } = useSurroundings();
  const whole = notebook === ANY_NOTEBOOK;
  return (
    <>
      <Heading title={title} {...(whole ? {} : { path: notebook })} />
      <Back to={whole ? { page: 'executions' } : { page: 'runs', notebook }}>
        {whole ? trans.__('All runs') : trans.__('All runs of the notebook')}
      </Back>
      <RunReport
        api={page.panelClient}
        notebook={notebook}
        run={run}
        title={title}
        className="nbm-Page-report"
      />
    </>
  );
}
