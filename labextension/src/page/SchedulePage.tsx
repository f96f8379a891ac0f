import * as React from 'react';

import { ScheduleFormView } from '../components/ScheduleFormView';
import { useSurroundings } from '../components/surroundings';
import { addressOf } from '../model/route';
import { ScheduleForm } from '../model/scheduleForm';
import type { PageProps } from './PageApp';
import { Back, Heading } from './PageParts';
import { useModel } from './useModel';

/** The form that makes a schedule of a notebook's pipelines, or changes one. */
export function SchedulePage(
  props: PageProps & {
    readonly notebook: string;
    readonly schedule: number | null;
  }
): React.JSX.Element {
  const { page, notebook, schedule, title } = props;
  const { trans } = useSurroundings();
  const form = useModel(
    () => new ScheduleForm(page.dialogs, notebook, schedule),
    made => void made.load()
  );
  return (
    <>
      <Heading title={title} path={notebook} />
      <Back to={{ page: 'schedules', notebook }}>
        {trans.__('All schedules of the notebook')}
      </Back>
      <ScheduleFormView
        form={form}
        onReview={version => page.go(addressOf({ page: 'review', version }))}
      />
    </>
  );
}
