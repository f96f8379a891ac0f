import { describe, expect, it } from 'vitest';

import {
  addressOf,
  NOTEBOOK_VIEWS,
  notebookOf,
  routeOf
} from '../../src/model/route';
import type { Route } from '../../src/model/route';

const notebook = 'reports/späte flüge 100%.ipynb';

const ROUTES: ReadonlyArray<readonly [string, Route]> = [
  ['#/', { page: 'notebooks' }],
  ['#/approvals', { page: 'approvals' }],
  ['#/approvals/flights%402', { page: 'review', version: 'flights@2' }],
  ['#/executions', { page: 'executions' }],
  ['#/notebooks/a.ipynb/steps', { page: 'steps', notebook: 'a.ipynb' }],
  ['#/notebooks/a.ipynb/runs', { page: 'runs', notebook: 'a.ipynb' }],
  [
    '#/notebooks/a.ipynb/schedules/new',
    { page: 'schedule', notebook: 'a.ipynb', schedule: null }
  ],
  [
    '#/notebooks/a.ipynb/schedules/7',
    { page: 'schedule', notebook: 'a.ipynb', schedule: 7 }
  ],
  [
    '#/notebooks/a.ipynb/pipeline/flights%402/run',
    { page: 'run', notebook: 'a.ipynb', version: 'flights@2' }
  ],
  [
    '#/notebooks/a.ipynb/steps/train/1-12',
    {
      page: 'compare',
      notebook: 'a.ipynb',
      step: 'train',
      before: 1,
      after: 12
    }
  ],
  [
    '#/notebooks/a.ipynb/runs/flights%233/log',
    { page: 'log', notebook: 'a.ipynb', run: 'flights#3' }
  ]
];

describe('an address', () => {
  it.each(ROUTES)(
    '%s leads to a page, which is found there',
    (address, route) => {
      expect(routeOf(address)).toEqual(route);
      expect(addressOf(route)).toBe(address);
    }
  );

  it('may name a notebook with any letters, in any folder', () => {
    for (const page of NOTEBOOK_VIEWS) {
      const address = addressOf({ page, notebook });
      expect(routeOf(address)).toEqual({ page, notebook });
    }
    const report: Route = { page: 'report', notebook, run: 'flüge#3' };
    expect(routeOf(addressOf(report))).toEqual(report);
  });

  it('of a notebook alone leads to its steps', () => {
    expect(routeOf('#/notebooks/a.ipynb')).toEqual({
      page: 'steps',
      notebook: 'a.ipynb'
    });
  });

  it.each([
    '#/nothing',
    '#/notebooks',
    '#/notebooks/a.ipynb/nothing',
    '#/notebooks/a.ipynb/steps/new',
    '#/notebooks/a.ipynb/runs/flights%233',
    '#/approvals/flights%402/more',
    '#/notebooks/%'
  ])('%s that leads nowhere is said to', address => {
    expect(routeOf(address)).toEqual({ page: 'unknown', address });
  });
});

describe('a page', () => {
  it('is of a notebook or of the whole project', () => {
    expect(notebookOf({ page: 'runs', notebook })).toBe(notebook);
    expect(notebookOf({ page: 'approvals' })).toBeNull();
  });
});
