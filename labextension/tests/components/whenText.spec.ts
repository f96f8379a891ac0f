import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import { cronText } from '../../src/components/cronText';
import { whenText } from '../../src/components/whenText';
import type { NewWhen } from '../../src/contract/wire';

const trans = nullTranslator.load('nbmlops');

const NEVER: NewWhen = {
  cron: [],
  every: [],
  at: [],
  after: [],
  on_change: [],
  metric: [],
  on_data: [],
  http: false,
  join: 'any',
  between: '',
  days: '',
  business_days: false,
  holidays: ''
};

describe('a cron expression in words', () => {
  it.each([
    ['0 6 * * *', 'every day at 06:00'],
    ['@daily', 'every day at 00:00'],
    ['30 6,18 * * 1-5', 'on Monday – Friday at 06:30 and 18:30'],
    ['0 7 * * 0,7', 'on Sunday at 07:00'],
    ['0 9 1 * 1', 'on day 1 of the month or on Monday at 09:00'],
    ['0 0 L * *', 'on the last day of the month at 00:00'],
    ['0 0 1 1,7 *', 'on day 1 of the month at 00:00 in January and July'],
    ['*/15 * * * *', 'every 15 minutes'],
    ['* * * * *', 'every minute'],
    ['@hourly', 'every hour'],
    ['20 */6 * * *', 'every 6 hours at minute 20']
  ])('says %s as %s', (expression, words) => {
    expect(cronText(expression, trans, 'en')).toBe(words);
  });

  it.each(['0 0 6 * * *', '0 6 * * 1#2', '5-20/3 * * * *', 'nonsense'])(
    'leaves %s as it is',
    expression => {
      expect(cronText(expression, trans, 'en')).toBe(expression);
    }
  );

  it('names days as the reader does', () => {
    expect(cronText('0 6 * * 1-5', trans, 'de')).toContain('Montag – Freitag');
  });
});

describe('when a schedule fires, in words', () => {
  it('joins what makes it fire', () => {
    const when = {
      ...NEVER,
      every: ['6h'],
      after: ['clean', 'load:failed'],
      on_change: ['data/*.csv'],
      on_data: ['flights'],
      between: '08:00-18:00'
    };
    expect(whenText(when, trans, 'en')).toBe(
      'every 6h, after clean has succeeded, after load has failed, ' +
        'when data/*.csv changes, or when flights is pinned, only 08:00-18:00'
    );
    const both = { ...when, join: 'all' as const, after: [], between: '' };
    expect(whenText(both, trans, 'en')).toBe(
      'every 6h, when data/*.csv changes, and when flights is pinned'
    );
  });
});
