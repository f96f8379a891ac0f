import { describe, expect, it } from 'vitest';

import {
  differing,
  parametersSchema,
  uiSchema
} from '../../src/model/parameterForm';

const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'flights@2',
  type: 'object',
  properties: {
    month: { type: 'integer', default: 1 },
    day: { type: 'string', format: 'date', default: '2026-01-31' },
    box: {
      type: 'array',
      prefixItems: [{ type: 'integer' }, { type: 'string' }],
      items: false
    },
    other: { default: [1] }
  }
};

describe('the parameters of a pipeline as a form', () => {
  it('has the places of a tuple and a text for what may be anything', () => {
    const shown = parametersSchema(SCHEMA);
    expect(shown.$schema).toBeUndefined();
    expect(shown.properties).toMatchObject({
      month: { type: 'integer', default: 1 },
      box: {
        items: [{ type: 'integer' }, { type: 'string' }],
        additionalItems: false
      },
      other: { type: 'string', default: '[1]' }
    });
    expect(uiSchema(SCHEMA)).toEqual({
      day: { 'ui:widget': 'text', 'ui:emptyValue': '' }
    });
  });

  it('sends what differs from the notebook, and a value of any type as JSON', () => {
    const values = {
      month: 1,
      day: '{{ ds }}',
      box: undefined,
      other: '{"a": 1}'
    };
    expect(differing(SCHEMA, values)).toEqual({
      day: '{{ ds }}',
      other: { a: 1 }
    });
    expect(differing(SCHEMA, { other: '[1]' })).toEqual({});
    expect(differing(SCHEMA, { month: undefined })).toEqual({ month: '' });
    expect(differing(SCHEMA, { other: 'a text' })).toEqual({ other: 'a text' });
  });

  it('sends nothing as the value of an emptied field where that is one', () => {
    const schema = {
      properties: {
        limit: { type: ['integer', 'null'], default: 5 },
        seed: { type: ['integer', 'null'], default: null },
        share: { anyOf: [{ type: 'number' }, { type: 'null' }], default: 0.5 }
      }
    };
    const emptied = { limit: undefined, seed: undefined, share: undefined };
    expect(differing(schema, emptied)).toEqual({ limit: null, share: null });
  });
});
