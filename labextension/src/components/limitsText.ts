import type { TranslationBundle } from '@jupyterlab/translation';

import type { Schema } from '../model/parameterForm';

/** Within which limits a parameter may be: "from 1 to 12"; empty where there are none. */
export function limitsText(property: Schema, trans: TranslationBundle): string {
  const low = property.minimum ?? property.formatMinimum;
  const high = property.maximum ?? property.formatMaximum;
  const above = property.exclusiveMinimum ?? property.formatExclusiveMinimum;
  const below = property.exclusiveMaximum ?? property.formatExclusiveMaximum;
  const both = isBound(low) && isBound(high);
  return [
    both && trans.__('from %1 to %2', low, high),
    !both && isBound(low) && trans.__('from %1 up', low),
    !both && isBound(high) && trans.__('up to %1', high),
    isBound(above) && trans.__('above %1', above),
    isBound(below) && trans.__('below %1', below),
    isBound(property.multipleOf) &&
      trans.__('in steps of %1', property.multipleOf)
  ]
    .filter(Boolean)
    .join(', ');
}

function isBound(bound: unknown): bound is number | string {
  return typeof bound === 'number' || typeof bound === 'string';
}
