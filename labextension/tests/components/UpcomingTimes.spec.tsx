import { nullTranslator } from '@jupyterlab/translation';
import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';

import { UpcomingTimes } from '../../src/components/UpcomingTimes';
import { SurroundingsContext } from '../../src/components/surroundings';
import { asked } from '../formFixtures';

const TIMES = {
  schema: 'nbmlops.times/1',
  words: 'At 06:00 every day (UTC)',
  timezone: 'UTC',
  next: ['2026-11-23T06:00:00Z']
} as const;

function shown(locale: string): string {
  const trans = nullTranslator.load('nbmlops');
  return renderToStaticMarkup(
    <SurroundingsContext.Provider value={{ trans, locale, now: 0 }}>
      <UpcomingTimes
        when={{ ...asked().when, cron: ['0 6 * * 1'] }}
        times={TIMES}
      />
    </SurroundingsContext.Provider>
  );
}

describe('when a schedule that is made fires', () => {
  it('is said in English as the server says it', () => {
    expect(shown('en')).toContain('At 06:00 every day (UTC)');
  });

  it('is said in the words of another language', () => {
    expect(shown('de-DE')).toContain('on Montag at 06:00 (UTC)');
    expect(shown('de-DE')).not.toContain('every day');
    expect(shown('de-DE')).toContain('Mo., 23. Nov. 2026');
  });
});
