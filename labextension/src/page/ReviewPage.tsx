import * as React from 'react';

import { ReviewView } from '../components/ReviewView';
import { useSurroundings } from '../components/surroundings';
import { ANY_NOTEBOOK } from '../model/projectNotebooks';
import { VersionReview } from '../model/versionReview';
import type { PageProps } from './PageApp';
import { Back, Heading } from './PageParts';
import { useModel } from './useModel';

/** A pipeline version to be decided on. */
export function ReviewPage(
  props: PageProps & { readonly version: string }
): React.JSX.Element {
  const { page, version, title } = props;
  const { trans } = useSurroundings();
  const review = useModel(
    () => new VersionReview(page.dialogs, ANY_NOTEBOOK, version),
    made => void made.load()
  );
  return (
    <>
      <Heading title={title} />
      <Back to={{ page: 'approvals' }}>
        {trans.__('All that waits for a decision')}
      </Back>
      <ReviewView review={review} />
    </>
  );
}
