import * as React from 'react';

import { DataSection } from '../components/DataSection';
import { MonitorsSection } from '../components/MonitorsSection';
import { PipelineSection } from '../components/PipelineSection';
import { ProblemBox } from '../components/ProblemBox';
import { RunsSection } from '../components/RunsSection';
import { SchedulesSection } from '../components/SchedulesSection';
import { StepsSection } from '../components/StepsSection';
import type { PanelHost, SectionProps } from '../components/sectionProps';
import { useSurroundings } from '../components/surroundings';
import { addressOf, NOTEBOOK_VIEWS } from '../model/route';
import type { NotebookView } from '../model/route';
import type { PageProps } from './PageApp';
import { Heading, Messages } from './PageParts';
import { nameOf, viewName } from './titles';

const SECTIONS: Record<NotebookView, React.ComponentType<SectionProps>> = {
  steps: StepsSection,
  pipeline: PipelineSection,
  runs: RunsSection,
  schedules: SchedulesSection,
  data: DataSection,
  monitors: MonitorsSection
};

/** One view of a notebook, and links to the others. */
export function NotebookPage(
  props: PageProps & {
    readonly notebook: string;
    readonly view: NotebookView;
  }
): React.JSX.Element {
  const { page, title, notebook, view } = props;
  const { trans, kernel } = useSurroundings();
  const { state } = page.model;
  const Section = SECTIONS[view];
  const row = page.notebooks.state.rows?.find(one => one.notebook === notebook);
  return (
    <>
      <Heading title={title} path={notebook} />
      {!kernel && (
        <nav
          className="nbm-Page-views"
          aria-label={trans.__('Views of %1', nameOf(notebook))}
        >
          {NOTEBOOK_VIEWS.map(one => (
            <a
              key={one}
              href={addressOf({ page: one, notebook })}
              aria-current={one === view ? 'page' : undefined}
            >
              {viewName(one, trans)}
            </a>
          ))}
        </nav>
      )}
      <h2 className="nbm-Page-unseen">{viewName(view, trans)}</h2>
      <Messages page={page} />
      {row?.exists === false && notebook.endsWith('.ipynb') && (
        <p className="nbm-Hint">
          {trans.__('The file is not there any more; this was recorded of it.')}
        </p>
      )}
      {state.problem && <ProblemBox problem={state.problem} />}
      {view === 'steps' && !kernel && (state.steps?.length ?? 0) > 0 && (
        <p className="nbm-Hint">
          {trans.__('To restore a version, type in a shell')}{' '}
          <code>nbmlops restore STEP@NUMBER</code>
        </p>
      )}
      <div
        className={`nbm-Page-section nbm-mod-${view}`}
        aria-busy={state.loading}
      >
        <Section
          model={page.model}
          plans={page.plans}
          host={hostOf(props, notebook)}
          visible
        />
      </div>
    </>
  );
}

/** What JupyterLab does for the sections of its panel, by addresses and a dialog. */
export function hostOf(
  { page, ask }: Pick<PageProps, 'page' | 'ask'>,
  notebook: string
): PanelHost {
  const { go } = page;
  return {
    reveal: () => undefined,
    confirm: (title, text, yes) =>
      new Promise(answer => ask({ title, text, yes, answer })),
    openLog: run => go(addressOf({ page: 'log', notebook, run })),
    openReport: run => go(addressOf({ page: 'report', notebook, run })),
    build: () => void page.plans.act((_, path) => page.dialogs.build(path)),
    run: () => void page.run(notebook),
    openSchedule: number => {
      const schedule = number ?? null;
      go(addressOf({ page: 'schedule', notebook, schedule }));
    },
    openReview: version => go(addressOf({ page: 'review', version })),
    openComparison: (step, before, after) =>
      go(addressOf({ page: 'compare', notebook, step, before, after })),
    openExecutions: () => go(addressOf({ page: 'executions' }))
  };
}
