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

/** An axis: a parameter, or the metric, which is the last one. */
export interface Axis {
  readonly name: string;
  readonly ticks: readonly Tick[];
}

/** A run as a line: where it meets each axis, `null` where it has no such value. */
export interface Line {
  readonly run: Run;
  readonly name: string;
  readonly places: ReadonlyArray<number | null>;
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
  const score = scales[scales.length - 1];
  const lines = shown.map((run, at) => ({
    run,
    name: reference(run),
    places: scales.map((scale, axis) => scale.place(columns[axis]?.[at])),
    values: columns.map(values => textOf(values[at])),
    score: score?.place(run.metrics[metric]) ?? 0
  }));
  return {
    axes: [...drawn, metric].map((name, at) => ({
      name,
      ticks: scales[at]?.ticks ?? []
    })),
    lines: lines.sort((a, b) => a.score - b.score),
    same: parameters.filter(name => !drawn.includes(name))
  };
}

interface Scale {
  readonly ticks: readonly Tick[];
  place(value: unknown): number | null;
}

function scaleOf(values: readonly unknown[]): Scale {
  const given = values.filter(value => value !== undefined && value !== null);
  return given.every(value => typeof value === 'number')
    ? numbers(given)
    : kinds(given);
}

function numbers(values: readonly number[]): Scale {
  const lowest = values.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const at = (value: number): number =>
    highest > lowest ? (value - lowest) / (highest - lowest) : 0.5;
  const middle = (lowest + highest) / 2;
  const ticks = highest > lowest ? [lowest, middle, highest] : [lowest];
  return {
    ticks: values.length
      ? ticks.map(value => ({ label: metricText(value), at: at(value) }))
      : [],
    place: value => (typeof value === 'number' ? at(value) : null)
  };
}

function kinds(values: readonly unknown[]): Scale {
  const names = [...new Set(values.map(textOf))].sort();
  const shown = names.slice(0, KINDS);
  const step = 1 / Math.max(1, shown.length - 1);
  return {
    ticks: shown.map((label, at) => ({
      label: at === KINDS - 1 && names.length > KINDS ? '…' : label,
      at: shown.length > 1 ? at * step : 0.5
    })),
    place: value => {
      if (value === undefined || value === null) {
        return null;
      }
      const at = Math.min(names.indexOf(textOf(value)), KINDS - 1);
      return shown.length > 1 ? at * step : 0.5;
    }
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
