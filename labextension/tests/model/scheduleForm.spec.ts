import { beforeEach, describe, expect, it } from 'vitest';

import { ApiError } from '../../src/api/client';
import { ScheduleForm } from '../../src/model/scheduleForm';
import { asked, MemoryFormApi } from '../formFixtures';

describe('the form of a schedule', () => {
  let api: MemoryFormApi;
  let form: ScheduleForm;

  beforeEach(async () => {
    api = new MemoryFormApi();
    form = new ScheduleForm(api, 'flights.ipynb', null, 0);
    await form.load();
  });

  it('begins with the pipeline of the notebook on the clock of the server', () => {
    expect(form.chosen?.reference).toBe('flights@2');
    expect(form.state.draft.timezone).toBe('Europe/Berlin');
    expect(form.state.times?.words).toBe('At 0 6 * * *');
  });

  it('offers what was approved meanwhile when it is looked at again', async () => {
    const { offers } = api;
    const [one] = offers.pipelines;
    if (!one) {
      throw new Error('there is none');
    }
    const refused = { ...one, reference: null, problem: 'Not approved.' };
    api.offers = { ...offers, pipelines: [refused] };
    form = new ScheduleForm(api, 'flights.ipynb', null, 0);
    await form.lookAgain(); // nothing is known of it yet
    await form.load();
    expect(form.chosen?.reference).toBeNull();
    form.change({ cron: '0 7 * * *' });
    api.offers = offers;
    await form.lookAgain();
    expect(form.chosen?.reference).toBe('flights@2');
    expect(form.state.draft.cron).toBe('0 7 * * *');
    expect(form.state.problems).toEqual({});
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

describe('the form of a schedule that there is', () => {
  let api: MemoryFormApi;

  const opened = async (): Promise<ScheduleForm> => {
    const form = new ScheduleForm(api, 'flights.ipynb', 7, 0);
    await form.load();
    return form;
  };

  beforeEach(() => {
    api = new MemoryFormApi();
  });

  it('begins with what was asked for, and says when that is due next', async () => {
    const form = await opened();
    expect(form.state.draft).toMatchObject({
      pipeline: 'flights',
      cron: '0 7 * * *',
      timezone: 'America/New_York',
      values: { month: 1 },
      missed: 'latest',
      max_age: '6h',
      overlap: 'skip',
      retries: 2,
      timeout: '30m',
      deadline: '07:00'
    });
    expect(api.asked).toContain('times 0 7 * * * America/New_York');
    expect(form.state.times?.words).toBe('At 0 7 * * *');
  });

  it('saves as a change what it was and what is typed', async () => {
    const form = await opened();
    form.change({ timeout: '' });
    await form.submit();
    expect(api.asked).toContain('change schedule 7');
    expect(form.state.done).toBe('Schedule 7 is changed.');
    expect(api.made).toEqual([asked({ timeout: '' })]);
  });

  it('gives on what it gave, the value of the notebook as well, until that is cleared', async () => {
    const form = await opened();
    await form.submit();
    form.change({ values: {} });
    await form.submit();
    expect(api.made.map(({ parameters }) => parameters)).toEqual([
      { month: 1 },
      {}
    ]);
  });

  it('reads several causes, and sends each of them back', async () => {
    const { when } = asked();
    const several = {
      ...when,
      cron: ['0 6 * * *', '0 18 * * *'],
      after: ['clean', 'load:failed'],
      http: true,
      days: 'mon-fri'
    };
    api.before = asked({ when: several });
    const form = await opened();
    expect(form.state.draft.cron).toBe('0 6 * * *; 0 18 * * *');
    expect(form.state.draft.events.after).toBe('clean; load:failed');
    await form.submit();
    expect(api.made[0]?.when).toEqual(several);
  });

  it('types a parameter of any type as JSON, and keeps a text a text', async () => {
    const [pipeline] = api.offers.pipelines;
    const parameters = { properties: { what: { default: null } } };
    api.offers = {
      ...api.offers,
      pipelines: pipeline ? [{ ...pipeline, parameters }] : []
    };
    api.before = asked({ parameters: { what: '3' } });
    const form = await opened();
    expect(form.state.draft.values).toEqual({ what: '"3"' });
    await form.submit();
    expect(api.made[0]?.parameters).toEqual({ what: '3' });
  });

  it('says in the form that the schedule is gone, and plans of the one that there is', async () => {
    const form = await opened();
    await form.dryRun();
    expect(api.asked).toContain('plan flights 7');
    api.refusal = new ApiError("There is no schedule '7'.", null, 404);
    await form.submit();
    expect(form.state.problems['']?.message).toBe("There is no schedule '7'.");
    expect(form.state.done).toBeNull();
  });
});

describe('several cron expressions', () => {
  it('are previewed and sent each by itself', async () => {
    const api = new MemoryFormApi();
    const form = new ScheduleForm(api, 'flights.ipynb', null, 0);
    await form.load();
    form.change({ cron: '0 6 * * *; 0 18 * * *' });
    await new Promise(resolve => setTimeout(resolve, 5));
    expect(api.asked).toContain('due any 0 6 * * * 0 18 * * * Europe/Berlin');
    await form.submit();
    expect(api.made[0]).toMatchObject({
      cron: '',
      when: { cron: ['0 6 * * *', '0 18 * * *'] }
    });
  });
});
