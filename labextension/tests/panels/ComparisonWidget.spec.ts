import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { act } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { VersionComparison } from '../../src/model/versionComparison';
import { ComparisonWidget } from '../../src/panels/ComparisonWidget';
import { MemoryComparisonApi } from '../comparisonFixtures';
import { row } from '../fixtures';

const NOON = Date.parse('2026-03-01T12:00:00Z');

/** How long ago each of both versions is said to have run. */
function times({ node }: Widget): Array<string | null> {
  return [...node.querySelectorAll('.nbm-Side time')].map(
    one => one.textContent
  );
}

async function drawn(change: () => unknown): Promise<void> {
  await act(async () => {
    change();
    MessageLoop.flush();
    await Promise.resolve();
  });
}

describe('the tab that compares two versions', () => {
  let api: MemoryComparisonApi;
  let comparison: VersionComparison;
  let tab: ComparisonWidget;

  beforeEach(async () => {
    vi.stubGlobal('requestIdleCallback', (then: () => void) => then()); // jsdom is never idle
    vi.useFakeTimers({
      now: NOON,
      toFake: ['Date', 'setInterval', 'clearInterval']
    });
    api = new MemoryComparisonApi();
    comparison = new VersionComparison(api, 'flights.ipynb');
    tab = new ComparisonWidget(comparison, nullTranslator, () => {});
    await drawn(() => Widget.attach(tab, document.body));
    await drawn(() => comparison.show());
  });

  afterEach(async () => {
    await drawn(() => tab.dispose());
    vi.useRealTimers();
  });

  it('says anew how long ago they ran, as long as it is to be seen', async () => {
    expect(times(tab)).toEqual(['3 min. ago', '3 min. ago']);
    await drawn(() => vi.advanceTimersByTime(60_000));
    expect(times(tab)).toEqual(['4 min. ago', '4 min. ago']);

    await drawn(() => tab.hide());
    await drawn(() => vi.advanceTimersByTime(240_000));
    expect(times(tab)).toEqual(['4 min. ago', '4 min. ago']);
    await drawn(() => tab.show());
    expect(times(tab)).toEqual(['8 min. ago', '8 min. ago']);
  });

  it('says of what is read again how long ago that was', async () => {
    vi.setSystemTime(NOON + 120_000);
    await drawn(() => comparison.refresh());
    expect(times(tab)).toEqual(['5 min. ago', '5 min. ago']);
  });

  it('says of nothing that has run that it is to come', async () => {
    const ahead = row('train', 2, { started_at: '2026-03-01T12:02:00Z' });
    api.stepsAnswer = Promise.resolve({
      ...(await api.steps('flights.ipynb')),
      steps: [{ name: 'train', versions: [ahead, row('train', 1)] }]
    });
    await drawn(() => comparison.refresh());
    expect(times(tab)).toEqual(['3 min. ago', 'now']);
  });
});
