import { beforeEach, describe, expect, it } from 'vitest';

import { ApiError } from '../../src/api/client';
import { RunForm } from '../../src/model/runForm';
import { MemoryFormApi } from '../formFixtures';

const SCHEMA = {
  type: 'object',
  properties: { month: { type: 'integer', default: 1 } }
};

describe('the form of a run', () => {
  let api: MemoryFormApi;
  let form: RunForm;

  beforeEach(() => {
    api = new MemoryFormApi();
    form = new RunForm(api, 'flights.ipynb', 'flights@2', SCHEMA);
  });

  it('runs with what differs from the defaults of the notebook', async () => {
    form.change({ month: 1 });
    await form.submit();
    form.change({ month: 3 });
    await form.submit();
    expect(api.asked).toEqual([
      'run flights@2 {}',
      'run flights@2 {"month":3}'
    ]);
    expect(form.state.done).toBe('flights@2 runs.');
  });

  it('keeps a refusal at its parameter until that is changed', async () => {
    const field = 'parameters.month';
    api.refusal = new ApiError('A month is a number.', null, 400, field);
    form.change({ month: 'May' });
    await form.submit();
    expect(form.state.problems[field]?.message).toBe('A month is a number.');
    expect(form.state.done).toBeNull();
    form.change({ month: 5 });
    expect(form.state.problems).toEqual({});
  });

  it('runs no more than a step needs, where it is for one', async () => {
    form = new RunForm(api, 'flights.ipynb', 'flights@2', SCHEMA, 'train');
    await form.submit();
    expect(api.asked).toEqual(['run flights@2 {} to train']);
  });

  it('reads its parameters where they are not known, and runs nothing before', async () => {
    form = new RunForm(api, 'flights.ipynb', 'flights@2', null);
    await form.submit();
    api.refusal = new ApiError('It is gone.', 'Build it again.', 404);
    await form.load();
    expect(form.state.problems['']?.message).toBe('It is gone.');
    expect(form.state.schema).toBeNull();
    api.refusal = null;
    await form.load();
    expect(form.state.problems).toEqual({});
    expect(form.state.schema).toEqual(SCHEMA);
    await form.submit();
    expect(api.asked.at(-1)).toBe('run flights@2 {}');
    expect(api.asked).toHaveLength(3);
  });
});
