import * as React from 'react';

import { ProblemBox } from '../components/ProblemBox';
import { restorationText } from '../components/restorationText';
import { useSurroundings } from '../components/surroundings';
import { addressOf } from '../model/route';
import type { Route } from '../model/route';
import type { ProjectPage } from './projectPage';

/** What a page is called; the focus goes there when the reader comes to it. */
export function Heading(props: {
  readonly title: string;
  readonly path?: string;
}): React.JSX.Element {
  return (
    <div className="nbm-Page-heading">
      <h1 tabIndex={-1}>{props.title}</h1>
      {props.path?.includes('/') && <p className="nbm-Facts">{props.path}</p>}
    </div>
  );
}

/** What became of the last thing that was asked for. */
export function Messages({
  page
}: {
  readonly page: ProjectPage;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { done, failed } = page.plans.state;
  const { restored } = page.model.state;
  return (
    <>
      {failed && <ProblemBox problem={failed} />}
      <p className="nbm-Announcement nbm-Page-done" role="status">
        {restored ? restorationText(restored, trans) : done}
      </p>
    </>
  );
}

/** Where the reader came from, in words. */
export function Back(props: {
  readonly to: Route;
  readonly children: React.ReactNode;
}): React.JSX.Element {
  return (
    <p className="nbm-Page-back">
      <a href={addressOf(props.to)}>
        <span aria-hidden="true">←</span> {props.children}
      </a>
    </p>
  );
}
