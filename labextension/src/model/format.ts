import type { NotFinite } from '../contract/wire';

const UNITS: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number]> = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60]
];

/**
 * How long ago a moment was, in words of the locale: "3 min. ago", "now".
 *
 * @param iso - the moment.
 * @param now - milliseconds since the epoch.
 */
export function relativeTime(iso: string, now: number, locale: string): string {
  const seconds = Math.round((Date.parse(iso) - now) / 1000);
  const words = new Intl.RelativeTimeFormat(locale, {
    numeric: 'auto',
    style: 'short'
  });
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) {
      return words.format(Math.trunc(seconds / length), unit);
    }
  }
  return Math.abs(seconds) < 10
    ? words.format(0, 'second')
    : words.format(seconds, 'second');
}

/**
 * A moment in full, in the reader's time zone.
 */
export function exactTime(iso: string, locale: string): string {
  return new Date(iso).toLocaleString(locale, {
    dateStyle: 'full',
    timeStyle: 'long'
  });
}

/**
 * A duration in the unit that suits it: "38 ms", "2.4 s", "3 min 05 s", "1 h 20 min".
 *
 * Null is one that nobody knows.
 */
export function durationText(seconds: number | NotFinite | null): string {
  if (seconds === null || typeof seconds === 'string') {
    return '–';
  }
  if (seconds < 0.9995) {
    return `${Math.round(seconds * 1000)} ms`;
  }
  if (seconds < 59.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  }
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

function pad(count: number): string {
  return String(count).padStart(2, '0');
}

/**
 * A size with a binary unit: "312 B", "1.5 MiB".
 */
export function sizeText(bytes: number): string {
  if (bytes < 1024) {
    return `${bytes} B`;
  }
  let [amount, unit] = [bytes, ''];
  for (unit of ['KiB', 'MiB', 'GiB']) {
    amount /= 1024;
    if (amount < 1024) {
      break;
    }
  }
  return `${amount.toFixed(1)} ${unit}`;
}

/**
 * A count with its thousands apart; a dash where it does not apply.
 */
export function countText(count: number | null): string {
  return count === null ? '–' : count.toLocaleString('en');
}

/**
 * A metric with four significant digits; whole numbers in full; "NaN" and infinite ones as words.
 */
export function metricText(value: number | NotFinite): string {
  if (typeof value === 'string') {
    return value;
  }
  return Number.isInteger(value)
    ? String(value)
    : String(Number(value.toPrecision(4)));
}
