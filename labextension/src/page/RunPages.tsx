import * as React from 'react';

import { ProblemBox } from '../components/ProblemBox';
import { useSurroundings } from '../components/surroundings';
import { Transcript } from '../components/Transcript';
import { problemOf } from '../model/problem';
import type { Problem } from '../model/problem';
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
    () => new RunLog(page.panelClient, page.factsOf(notebook), run)
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
  const [html, setHtml] = React.useState<string | null>(null);
  const [problem, setProblem] = React.useState<Problem | null>(null);
  React.useEffect(() => {
    page.panelClient.report(notebook, run).then(
      answer => setHtml(answer.html),
      (error: unknown) => setProblem(problemOf(error))
    );
  }, [page, notebook, run]);
  const whole = notebook === ANY_NOTEBOOK;
  return (
    <>
      <Heading title={title} {...(whole ? {} : { path: notebook })} />
      <Back to={whole ? { page: 'executions' } : { page: 'runs', notebook }}>
        {whole ? trans.__('All runs') : trans.__('All runs of the notebook')}
      </Back>
      {problem && <ProblemBox problem={problem} />}
      {!problem && html === null && (
        <p className="nbm-Hint">{trans.__('Loading…')}</p>
      )}
      {html !== null && (
        // what a notebook shows may hold scripts: they run apart from this page and its cookies
        <iframe
          className="nbm-Page-report"
          sandbox="allow-scripts"
          title={title}
          srcDoc={html}
        />
      )}
    </>
  );
}
