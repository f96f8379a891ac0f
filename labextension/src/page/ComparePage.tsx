import * as React from 'react';

import type { VersionPair } from '../api/client';
import { ComparisonView } from '../components/ComparisonView';
import { useSurroundings } from '../components/surroundings';
import { VersionComparison } from '../model/versionComparison';
import type { PageProps } from './PageApp';
import { Back, Heading } from './PageParts';
import { useModel } from './useModel';

/** Two versions of a step side by side; others can be chosen. */
export function ComparePage(
  props: PageProps & { readonly pair: VersionPair }
): React.JSX.Element {
  const { page, pair, title } = props;
  const { trans } = useSurroundings();
  const { notebook, step, before, after } = pair;
  const comparison = useModel(
    () => new VersionComparison(page.client, notebook),
    made => void made.show({ step, before, after })
  );
  return (
    <>
      <Heading title={title} path={notebook} />
      <Back to={{ page: 'steps', notebook }}>
        {trans.__('All steps of the notebook')}
      </Back>
      <ComparisonView comparison={comparison} />
    </>
  );
}
