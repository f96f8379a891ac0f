import * as React from 'react';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import type { Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, vi } from 'vitest';

import {
  ApprovalsSection,
  DataSection,
  MonitorsSection,
  PanelHeader,
  PipelineSection,
  RunsSection,
  SchedulesSection,
  StepsSection
} from '../../src/components/sections';
import { NotebookFacts } from '../../src/model/facts';
import { PanelModel } from '../../src/model/panelModel';
import { Plans } from '../../src/model/plans';
import { MemoryNotebook } from '../fixtures';
import type { MemoryApi } from '../fixtures';
import { MemoryHost, MemoryPanelApi } from '../panelFixtures';

export let host: HTMLElement;
let root: Root;
export const scrolled = vi.fn();

beforeEach(() => {
  scrolled.mockClear();
  Element.prototype.scrollIntoView = scrolled; // jsdom has no layout
  host = document.body.appendChild(document.createElement('div'));
  root = createRoot(host);
});

afterEach(() => {
  act(() => root.unmount());
  host.remove();
});

/** All sections of the panel, one below the other. */
export async function shown(
  api: MemoryApi,
  notebook = new MemoryNotebook('nested/flights.ipynb'),
  panelApi = new MemoryPanelApi()
): Promise<{
  model: PanelModel;
  facts: NotebookFacts;
  app: MemoryHost;
  plans: Plans;
}> {
  const model = new PanelModel(api);
  const facts = new NotebookFacts(api, notebook);
  const plans = new Plans(panelApi, model);
  const app = new MemoryHost();
  const props = { model, plans, host: app, visible: true };
  const draw = (): void =>
    act(() =>
      root.render(
        <>
          <PanelHeader {...props} />
          <StepsSection {...props} />
          <PipelineSection {...props} />
          <RunsSection {...props} />
          <SchedulesSection {...props} />
          <DataSection {...props} />
          <MonitorsSection {...props} />
          <ApprovalsSection {...props} />
        </>
      )
    );
  model.stateChanged.connect(draw);
  plans.changed.connect(draw);
  model.follow(facts);
  await act(() => facts.refresh());
  return { model, facts, app, plans };
}

/** What has that name for who hears it. */
export function byLabel(label: string): HTMLElement {
  const found = host.querySelector<HTMLElement>(`[aria-label="${label}"]`);
  expect(found, label).not.toBeNull();
  return found as HTMLElement;
}

/** Click on what has that name. */
export async function click(label: string): Promise<void> {
  await act(async () => {
    byLabel(label).click();
    await Promise.resolve();
  });
}
