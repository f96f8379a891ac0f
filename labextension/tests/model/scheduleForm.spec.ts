import { beforeEach, describe, expect, it } from 'vitest';

import { ApiError } from '../../src/api/client';
import { ScheduleForm } from '../../src/model/scheduleForm';
import { MemoryFormApi } from '../formFixtures';

describe('the form of a schedule', () => {
  let api: MemoryFormApi;
  let form: ScheduleForm;

  beforeEach(async () => {
    api = new MemoryFormApi();
    form = new ScheduleForm(api, 'flights.ipynb', 0);
    await form.load();
  });

  it('begins with the pipeline of the notebook on the clock of the server', () => {
    expect(form.chosen?.reference).toBe('flights@2');
    expect(form.state.draft.timezone).toBe('Europe/Berlin');
    expect(form.state.times?.words).toBe('At 0 6 * * *');
  });

  it('asks for the next times as one types, for what was typed last alone', async () => {
    form.change({ cron: '0 7' });
    form.change({ cron: '0 7 * * *' });
    await new Promise(resolve => setTimeout(resolve, 5));
    expect(api.asked.filter(one => one.startsWith('times'))).toEqual([
      'times 0 6 * * * Europe/Berlin',
      'times 0 7 * * * Europe/Berlin'
    ]);
    expect(form.state.times?.words).toBe('At 0 7 * * *');
  });

  it('keeps a refusal at its field until that is changed', async () => {
    api.refusal = new ApiError(
      'A month is a number.',
      null,
      400,
      'parameters.month'
    );
    form.change({ values: { month: 'May' } });
    await form.submit();
    expect(form.state.problems['parameters.month']?.message).toBe(
      'A month is a number.'
    );
    form.change({ timeout: '30m' });
    expect(form.state.problems).toHaveProperty('parameters.month');
    form.change({ values: { month: 5 } });
    expect(form.state.problems).toEqual({});
  });

  it('plans what it would make, and forgets the plan once something is changed', async () => {
    await form.dryRun();
    expect(form.state.plan?.summary).toBe('1 of 1 step will run.');
    expect(api.made).toEqual([]);
    form.change({ retries: 2 });
    expect(form.state.plan).toBeNull();
  });

  it('makes a schedule of what differs from the defaults of the notebook', async () => {
    form.change({ values: { month: 1 } });
    await form.submit();
    form.change({ values: { month: 3 }, retries: 2 });
    await form.submit();
    expect(api.made.map(({ parameters }) => parameters)).toEqual([
      {},
      { month: 3 }
    ]);
    expect(form.state.done).toBe('Schedule 1 is made.');
  });

  it('fires on events as well as by the clock, or on these alone', async () => {
    const { events } = form.state.draft;
    const after = 'clean; load:failed';
    form.change({ cron: '', events: { ...events, after, days: 'mon-fri' } });
    await new Promise(resolve => setTimeout(resolve, 5));
    expect(form.state.times?.words).toBe('On any mon-fri clean load:failed');
    await form.submit();
    expect(api.made[0]?.when).toMatchObject({
      after: ['clean', 'load:failed'],
      cron: [],
      every: [],
      days: 'mon-fri'
    });
    api.refusal = new ApiError('No such pipeline.', null, 404, 'when');
    await form.submit();
    expect(form.state.problems.when?.message).toBe('No such pipeline.');
    form.change({ events: { ...events, every: '6h' } });
    expect(form.state.problems).toEqual({});
  });
});
