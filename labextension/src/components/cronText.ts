import type { TranslationBundle } from '@jupyterlab/translation';

import { listText } from './listText';

const NICKNAMES: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *'
};

/**
 * A cron expression in words; itself where it says more than there are words for: steps within
 * ranges, days counted within a month, seconds.
 */
export function cronText(
  expression: string,
  trans: TranslationBundle,
  locale: string
): string {
  const written = expression.trim();
  const fields = (NICKNAMES[written.toLowerCase()] ?? written).split(/\s+/);
  const [minute, hour, day, month, weekday] = fields;
  if (fields.length !== 5 || !minute || !hour || !day || !month || !weekday) {
    return expression;
  }
  const time = timeText(minute, hour, trans, locale);
  const days = daysText(day, weekday, trans, locale);
  const months = month === '*' ? '' : namesText(month, 12, locale, monthName);
  if (time === null || days === null || months === null) {
    return expression;
  }
  const each = days === '' && /^\d/.test(hour) ? trans.__('every day') : days;
  const within = months && trans.__('in %1', months);
  return [each, time, within].filter(Boolean).join(' ');
}

function timeText(
  minute: string,
  hour: string,
  trans: TranslationBundle,
  locale: string
): string | null {
  const minutes = numbersOf(minute, 0, 59);
  const hours = numbersOf(hour, 0, 23);
  if (minutes && hours) {
    const times = hours.flatMap(h => minutes.map(m => `${two(h)}:${two(m)}`));
    return times.length > 6 ? null : trans.__('at %1', listText(times, locale));
  }
  const every = stepOf(minute);
  if (hour === '*' && every !== null) {
    return trans._n('every minute', 'every %1 minutes', every, every);
  }
  const each = stepOf(hour);
  if (minutes?.length === 1 && each !== null) {
    const past = minutes[0] ?? 0;
    const hourly = trans._n('every hour', 'every %1 hours', each, each);
    return past === 0
      ? hourly
      : trans.__('%1 at minute %2', hourly, String(past));
  }
  return null;
}

/** Empty for every day; Debian's cron fires on either where both are given. */
function daysText(
  day: string,
  weekday: string,
  trans: TranslationBundle,
  locale: string
): string | null {
  const weekdays =
    weekday === '*' ? '' : namesText(weekday, 7, locale, weekdayName);
  if (weekdays === null) {
    return null;
  }
  const days = numbersOf(day, 1, 31);
  if (day !== '*' && day !== 'L' && !days) {
    return null;
  }
  return [
    ...(day === 'L' ? [trans.__('on the last day of the month')] : []),
    ...(days
      ? [trans.__('on day %1 of the month', listText(days.map(String), locale))]
      : []),
    ...(weekdays ? [trans.__('on %1', weekdays)] : [])
  ].join(` ${trans.__('or')} `);
}

/** `Monday to Friday`, or `January and June`; `null` where it is neither. */
function namesText(
  field: string,
  most: 7 | 12,
  locale: string,
  name: (number: number, locale: string) => string
): string | null {
  const least = most === 7 ? 0 : 1;
  const highest = most === 7 ? 7 : 12;
  const [, first, last] = /^(\d+)-(\d+)$/.exec(field) ?? [];
  if (first && last && Number(first) < Number(last)) {
    const ends = [Number(first), Number(last)];
    return ends.every(end => end >= least && end <= highest)
      ? ends.map(end => name(end, locale)).join(' – ')
      : null;
  }
  const numbers = numbersOf(field, least, highest);
  const names = numbers?.map(one => name(one, locale)); // 0 and 7 are both Sunday
  return names ? listText([...new Set(names)], locale) : null;
}

/** A list of numbers; `null` for anything else. */
function numbersOf(
  field: string,
  least: number,
  most: number
): number[] | null {
  if (!/^\d+(,\d+)*$/.test(field)) {
    return null;
  }
  const found = [...new Set(field.split(',').map(Number))];
  const sorted = found.sort((one, other) => one - other);
  return sorted.every(one => one >= least && one <= most) ? sorted : null;
}

/** 1 for a star, the step behind one; `null` for anything else. */
function stepOf(field: string): number | null {
  const [, step] = /^\*\/(\d+)$/.exec(field) ?? [];
  return field === '*' ? 1 : step ? Number(step) : null;
}

function weekdayName(number: number, locale: string): string {
  const date = new Date(Date.UTC(2023, 0, 1 + number)); // a Sunday
  const format = { weekday: 'long', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat(locale, format).format(date);
}

function monthName(number: number, locale: string): string {
  const date = new Date(Date.UTC(2023, number - 1, 1));
  const format = { month: 'long', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat(locale, format).format(date);
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
