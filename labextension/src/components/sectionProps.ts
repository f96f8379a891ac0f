import * as React from 'react';

import type { PanelModel } from '../model/panelModel';
import type { Plans, PlansState, Topic } from '../model/plans';

/**
 * What sections need of the application around them.
 */
export interface PanelHost {
  /** Bring the notebook that the panel follows to the front. */
  reveal(): void;

  /** Ask whether something is to be done; `yes` is what the button says. */
  confirm(title: string, question: string, yes: string): Promise<boolean>;

  /** Show what a run prints, in the main area. */
  openLog(run: string): void;

  /** Show the executed notebook of a run, in the main area. */
  openReport(run: string): void;

  /** Save the notebook that the panel follows, and build its pipeline. */
  build(): void;

  /** Save and build the notebook that the panel follows, and run it as a pipeline. */
  run(): void;

  /**
   * Show a form that makes a schedule of the notebook's pipelines, or changes the one of that
   * number, in the main area.
   */
  openSchedule(schedule?: number): void;

  /** Show a pipeline version to be decided on, in the main area. */
  openReview(version: string): void;

  /** Show two versions of a step side by side, in the main area, where there is one. */
  openComparison?(step: string, before: number, after: number): void;

  /** Show all executions of the project, in the main area. */
  openExecutions(): void;
}

/** What every section is given; `visible` is whether it is to be seen now. */
export interface SectionProps {
  readonly model: PanelModel;
  readonly plans: Plans;
  readonly host: PanelHost;
  readonly visible: boolean;
}

/** What is known of the plans; a topic is read, and read again, while the section is to be seen. */
export function useTopic(
  { plans, visible }: SectionProps,
  topic: Topic
): PlansState {
  React.useEffect(() => {
    plans.want(topic, visible);
    return () => plans.want(topic, false);
  }, [plans, topic, visible]);
  return plans.state;
}
