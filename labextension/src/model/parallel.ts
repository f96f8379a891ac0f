import type { Run } from '../contract/wire';
import { metricText } from './format';
import { reference } from './progress';

/** Axes that are drawn at most, the metric's among them. */
const AXES = 9;

/** Values of an axis without numbers that are told apart at most; the others share a place. */
const KINDS = 12;

/** Names stand at an axis; `at` is from 0, below, to 1. */
export interface Tick {
  readonly label: string;
  readonly at: number;
}

/**
 * An axis: a parameter, or the metric, which is the last one. It goes from `lowest` to `highest`;
 * without numbers these are places in `kinds`, which are `null` otherwise.
 */
export interface Axis {
  readonly name: string;
  readonly ticks: readonly Tick[];
  readonly lowest: number;
  readonly highest: number;
  readonly kinds: readonly string[] | null;
}

/**
 * A run as a line: where it meets each axis, and what it has there, as the axis counts; `null`
 * where it has no such value.
 */
export interface Line {
  readonly run: Run;
  readonly name: string;
  readonly places: ReadonlyArray<number | null>;
  readonly amounts: ReadonlyArray<number | null>;
  readonly values: readonly string[];
  readonly score: number;
}

/** Parameters against a metric; the lines go from the lowest to the highest value of it. */
export interface Parallel {
  readonly axes: readonly Axis[];
  readonly lines: readonly Line[];
  readonly same: readonly string[];
}

/**
 * Lay out the parameters of runs that differ, and a metric; runs in which it is not finite are
 * left out. `same` are the parameters that have one value in all of them.
 */
export function parallelOf(
  runs: readonly Run[],
  parameters: readonly string[],
  metric: string
): Parallel {
  const shown = runs.filter(run => typeof run.metrics[metric] === 'number');
  const differs = (name: string): boolean =>
    new Set(shown.map(run => JSON.stringify(run.parameters[name]))).size > 1;
  const drawn = parameters.filter(differs).slice(0, AXES - 1);
  const columns = [
    ...drawn.map(name => shown.map(run => run.parameters[name])),
    shown.map(run => run.metrics[metric])
  ];
  const scales = columns.map(scaleOf);
  const axes = scales.map(({ ticks, lowest, highest, kinds }, at) => ({
    name: drawn[at] ?? metric,
    ticks,
    lowest,
    highest,
    kinds
  }));
  const lines = shown.map((run, at) => {
    const amounts = scales.map((scale, axis) =>
      scale.amount(columns[axis]?.[at])
    );
    const places = amounts.map((amount, axis) => placeOf(amount, axes[axis]));
    return {
      run,
      name: reference(run),
      places,
      amounts,
      values: columns.map(values => textOf(values[at])),
      score: places[places.length - 1] ?? 0
    };
  });
  return {
    axes,
    lines: lines.sort((a, b) => a.score - b.score),
    same: parameters.filter(name => !drawn.includes(name))
  };
}

/** Where an amount is on its axis, from 0, below, to 1; in the middle of one that has no length. */
export function placeOf(amount: number, axis: Axis): number;
export function placeOf(
  amount: number | null,
  axis: Axis | undefined
): number | null;
export function placeOf(
  amount: number | null,
  axis: Axis | undefined
): number | null {
  if (amount === null || axis === undefined) {
    return null;
  }
  const { lowest, highest } = axis;
  const there = highest > lowest ? (amount - lowest) / (highest - lowest) : 0.5;
  return Math.max(0, Math.min(1, there));
}

type Scale = Omit<Axis, 'name'> & {
  amount(value: unknown): number | null;
};

function scaleOf(values: readonly unknown[]): Scale {
  const given = values.filter(value => value !== undefined && value !== null);
  return given.every(value => typeof value === 'number')
    ? numbers(given)
    : kinds(given);
}

function numbers(values: readonly number[]): Scale {
  const lowest = values.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const middle = (lowest + highest) / 2;
  const ticks =
    highest > lowest
      ? [lowest, middle, highest].map((value, at) => ({ value, at: at / 2 }))
      : [{ value: lowest, at: 0.5 }];
  return {
    ticks: values.length
      ? ticks.map(({ value, at }) => ({ label: metricText(value), at }))
      : [],
    lowest,
    highest,
    kinds: null,
    amount: value => (typeof value === 'number' ? value : null)
  };
}

function kinds(values: readonly unknown[]): Scale {
  const names = [...new Set(values.map(textOf))].sort();
  const shown = names
    .slice(0, KINDS)
    .map((label, at) =>
      at === KINDS - 1 && names.length > KINDS ? '…' : label
    );
  const highest = shown.length - 1;
  return {
    ticks: shown.map((label, at) => ({
      label,
      at: highest > 0 ? at / highest : 0.5
    })),
    lowest: 0,
    highest,
    kinds: shown,
    amount: value =>
      value === undefined || value === null
        ? null
        : Math.min(names.indexOf(textOf(value)), KINDS - 1)
  };
}

/** A value of a parameter as a reader sees it. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) {
    return '–';
  }
  if (typeof value === 'number') {
    return metricText(value);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
