import * as React from 'react';

import { ProblemBox } from '../components/ProblemBox';
import { RunFormView } from '../components/RunFormView';
import { useSurroundings } from '../components/surroundings';
import type { Schema } from '../model/parameterForm';
import { problemOf } from '../model/problem';
import type { Problem } from '../model/problem';
import { RunForm } from '../model/runForm';
import type { PageProps } from './PageApp';
import { Back, Heading } from './PageParts';
import { useModel } from './useModel';

type RunProps = PageProps & {
  readonly notebook: string;
  readonly version: string;
};

/** The parameters of a run that is to begin. */
export function RunPage(props: RunProps): React.JSX.Element {
  const { page, notebook, version, title } = props;
  const { trans } = useSurroundings();
  const [schema, setSchema] = React.useState<Schema | null>(null);
  const [problem, setProblem] = React.useState<Problem | null>(null);
  React.useEffect(() => {
    page.dialogs.parameters(notebook, version).then(
      answer => setSchema(answer.parameters),
      (error: unknown) => setProblem(problemOf(error))
    );
  }, [page, notebook, version]);
  return (
    <>
      <Heading title={title} path={notebook} />
      <Back to={{ page: 'runs', notebook }}>
        {trans.__('All runs of the notebook')}
      </Back>
      {problem && <ProblemBox problem={problem} />}
      {schema && <Form {...props} schema={schema} />}
    </>
  );
}

function Form({
  page,
  notebook,
  version,
  schema
}: RunProps & { readonly schema: Schema }): React.JSX.Element {
  const form = useModel(
    () => new RunForm(page.dialogs, notebook, version, schema)
  );
  return <RunFormView form={form} />;
}
