import * as React from 'react';

import type { PanelApi } from '../api/panelClient';
import { problemOf } from '../model/problem';
import type { Problem } from '../model/problem';
import { ProblemBox } from './ProblemBox';
import { useSurroundings } from './surroundings';

/** The executed notebook of a run, or why it cannot be shown. */
export function RunReport(props: {
  readonly api: Pick<PanelApi, 'report'>;
  readonly notebook: string;
  readonly run: string;
  readonly title: string;
  readonly className?: string;
}): React.JSX.Element {
  const { api, notebook, run, title, className } = props;
  const { trans } = useSurroundings();
  const [html, setHtml] = React.useState<string | null>(null);
  const [problem, setProblem] = React.useState<Problem | null>(null);
  React.useEffect(() => {
    api.report(notebook, run).then(
      answer => setHtml(answer.html),
      (error: unknown) => setProblem(problemOf(error))
    );
  }, [api, notebook, run]);
  if (problem) {
    return <ProblemBox problem={problem} />;
  }
  if (html === null) {
    return <p className="nbm-Hint">{trans.__('Loading…')}</p>;
  }
  // what a notebook shows may hold scripts: they run apart from this page and its cookies
  return (
    <iframe
      className={className}
      sandbox="allow-scripts"
      title={title}
      srcDoc={html}
    />
  );
}
