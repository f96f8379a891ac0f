import type { TranslationBundle } from '@jupyterlab/translation';

import type { NewWhen } from '../contract/wire';
import { cronText } from './cronText';
import { listText } from './listText';

/** When a schedule fires, in the words of the reader: `every day at 06:00`. */
export function whenText(
  when: NewWhen,
  trans: TranslationBundle,
  locale: string
): string {
  const causes = [
    ...when.cron.map(one => cronText(one, trans, locale)),
    ...when.every.map(one => trans.__('every %1', one)),
    ...when.at.map(one => trans.__('once at %1', one.replace('T', ' '))),
    ...when.after.map(one => endText(one, trans)),
    ...(when.on_change.length > 0
      ? [trans.__('when %1 changes', when.on_change.join(', '))]
      : []),
    ...when.metric.map(one => trans.__('when %1', one)),
    ...when.on_data.map(one => trans.__('when %1 is pinned', one)),
    ...(when.http ? [trans.__('when called')] : [])
  ];
  const type = when.join === 'any' ? 'disjunction' : 'conjunction';
  return [listText(causes, locale, type), ...within(when, trans)].join(', ');
}

function endText(end: string, trans: TranslationBundle): string {
  const [pipeline, outcome] = end.split(':');
  if (outcome === 'failed') {
    return trans.__('after %1 has failed', pipeline);
  }
  return outcome === 'any'
    ? trans.__('after %1 has ended', pipeline)
    : trans.__('after %1 has succeeded', pipeline);
}

function within(when: NewWhen, trans: TranslationBundle): string[] {
  return [
    ...(when.between ? [trans.__('only %1', when.between)] : []),
    ...(when.days ? [trans.__('only on %1', when.days)] : []),
    ...(when.business_days ? [trans.__('only on working days')] : []),
    ...(when.holidays ? [trans.__('not on holidays of %1', when.holidays)] : [])
  ];
}
