import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ApiError } from '../../src/api/client';
import { tellProblem } from '../../src/panels/problemNotice';

const trans = nullTranslator.load('nbmlops');
const REASONS = [
  'flights.ipynb cannot become a pipeline:',
  '  - it has no step; name a cell with %mlops track NAME as its first line',
  '  - cell 3 is not valid Python; correct that line, and build it again'
].join('\n');

beforeEach(() => {
  vi.stubGlobal('requestIdleCallback', (then: () => void) => then()); // jsdom is never idle
});

afterEach(() => {
  Notification.dismiss();
  vi.unstubAllGlobals();
});

describe('what went wrong with a command', () => {
  it('is told in a notification, with details to copy', () => {
    tellProblem(new ApiError('It is locked.', 'Try again.', 503), trans);
    const [told] = Notification.manager.notifications;
    expect(told?.message).toBe('It is locked. Try again.');
    const actions = told?.options.actions ?? [];
    expect(actions.map(one => one.label)).toEqual(['Copy details']);
  });

  it('is told as a whole where a notification has no room for it', async () => {
    tellProblem(new ApiError(REASONS, null, 422), trans);
    expect(Notification.manager.count).toBe(0);
    const shown = await vi.waitFor(() => {
      const body = document.querySelector('.jp-Dialog .nbm-ProblemText');
      expect(body).not.toBeNull();
      return body;
    });
    expect(shown?.textContent).toBe(REASONS);
    const buttons = [...document.querySelectorAll('.jp-Dialog button')];
    expect(buttons.map(one => one.textContent)).toEqual([
      'Copy details',
      'Close'
    ]);
    (buttons[1] as HTMLElement).click();
    await vi.waitFor(() =>
      expect(document.querySelector('.jp-Dialog')).toBeNull()
    );
  });
});
