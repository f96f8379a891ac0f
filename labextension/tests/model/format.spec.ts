import { describe, expect, it } from 'vitest';

import {
  durationText,
  metricText,
  relativeTime,
  sizeText
} from '../../src/model/format';

const NOON = Date.parse('2026-03-01T12:00:00Z');

describe('sizeText', () => {
  it.each([
    [312, '312 B'],
    [1536, '1.5 KiB'],
    [5 * 2 ** 20, '5.0 MiB'],
    [3 * 2 ** 40, '3072.0 GiB']
  ])('writes %d with a binary unit', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });
});

describe('a moment', () => {
  it.each([
    ['2026-03-01T11:59:58Z', 'now'],
    ['2026-03-01T11:59:20Z', '40 sec. ago'],
    ['2026-03-01T11:57:00+00:00', '3 min. ago'],
    ['2026-03-01T06:30:00Z', '5 hr. ago'],
    ['2026-02-28T11:00:00Z', 'yesterday'],
    ['2025-01-01T00:00:00Z', 'last yr.']
  ])('%s is said as "%s"', (iso, words) => {
    expect(relativeTime(iso, NOON, 'en')).toBe(words);
  });

  it('is said in the language of the interface', () => {
    expect(relativeTime('2026-03-01T11:57:00Z', NOON, 'de')).toBe('vor 3 Min.');
  });
});

describe('a duration', () => {
  it.each([
    [0.0382, '38 ms'],
    [0.9999, '1.0 s'],
    [2.44, '2.4 s'],
    [59.96, '1 min 00 s'],
    [185, '3 min 05 s'],
    [4800, '1 h 20 min']
  ])('%d seconds are written as "%s"', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  it('that nobody knows is a dash', () => {
    expect(durationText(null)).toBe('–');
  });
});

describe('a metric', () => {
  it.each([
    [0.912345, '0.9123'],
    [336776, '336776'],
    [1.23456e-7, '1.235e-7'],
    ['NaN', 'NaN'],
    ['-Infinity', '-Infinity']
  ] as const)('%s is written as "%s"', (value, text) => {
    expect(metricText(value)).toBe(text);
  });
});
