import * as React from 'react';

import { within } from '../model/brushes';
import type { Axis, Line } from '../model/parallel';
import type { RunTable } from '../model/runTable';
import { AxisBrush } from './AxisBrush';
import { BrushFields } from './BrushFields';
import { Grid } from './Grid';
import { useSurroundings } from './surroundings';

const WIDTH = 900;
const HEIGHT = 180;

/**
 * Parameters of runs against a metric: a line for each run, the better to see which of them go
 * together with high values.
 *
 * A click on a line chooses its run; so does the space bar, after the arrow keys have led from
 * run to run by the metric. To draw along an axis narrows lines and list to what lies there, as
 * the fields below do. Below these, all of it as a table.
 */
export function ParallelPlot(props: {
  readonly table: RunTable;
  readonly metric: string;
}): React.JSX.Element {
  const { table, metric } = props;
  const { trans } = useSurroundings();
  const { parallel } = table;
  if (!parallel || parallel.lines.length === 0) {
    return (
      <p className="nbm-Hint">
        {trans.__('No run that is listed has a %1.', metric)}
      </p>
    );
  }
  const { axes, same } = parallel;
  const told = trans.__(
    'Parameters against %1, of the newest %2 runs that have it',
    metric,
    parallel.lines.length
  );
  const inside = within(parallel, table.state.brushes);
  return (
    <figure className="nbm-Plot nbm-Parallel">
      <figcaption>
        {told}
        {same.length > 0 &&
          ` · ${trans.__('the same in all: %1', same.join(', '))}`}
      </figcaption>
      <Lines table={table} told={told} axes={axes} lines={inside} />
      <BrushFields table={table} axes={axes} inside={inside.length} />
      <details>
        <summary>{trans.__('As a table')}</summary>
        <Grid
          title={told}
          head={[trans.__('Run'), ...axes.map(axis => axis.name)]}
          rows={inside.map(line => [line.name, ...line.values])}
        />
      </details>
    </figure>
  );
}

function Lines(props: {
  readonly table: RunTable;
  readonly told: string;
  readonly axes: readonly Axis[];
  readonly lines: readonly Line[];
}): React.JSX.Element {
  const { table, told, axes, lines } = props;
  const id = React.useId();
  const [active, setActive] = React.useState(0);
  const current = Math.min(active, lines.length - 1);
  const move = (event: React.KeyboardEvent): void => {
    const next = movedTo(event.key, current, lines.length);
    if (next !== null && lines.length > 0) {
      event.preventDefault();
      setActive(next);
    }
    const line = lines[current];
    if (line && (event.key === ' ' || event.key === 'Enter')) {
      event.preventDefault();
      table.toggle(line.run);
    }
  };
  const list = {
    role: 'listbox',
    'aria-label': told,
    'aria-multiselectable': true,
    'aria-activedescendant': `${id}-${current}`,
    tabIndex: 0
  };
  return (
    <div {...(lines.length > 0 ? list : {})} onKeyDown={move}>
      <svg
        role="presentation"
        viewBox={`-70 -26 ${WIDTH + 140} ${HEIGHT + 40}`}
      >
        {lines.map((line, at) => (
          <Path
            key={line.run.id}
            id={`${id}-${at}`}
            line={line}
            label={labelOf(
              line,
              axes.map(axis => axis.name)
            )}
            isActive={at === current}
            isSelected={table.state.selected.some(
              one => one.id === line.run.id
            )}
            onChoose={() => {
              setActive(at);
              table.toggle(line.run);
            }}
          />
        ))}
        <g aria-hidden="true">
          {axes.map((axis, at) => (
            <g
              key={axis.name}
              transform={`translate(${acrossOf(at, axes.length)} 0)`}
            >
              <AxisView axis={axis} isLast={at === axes.length - 1} />
              <AxisBrush
                axis={axis}
                height={HEIGHT}
                range={table.state.brushes[axis.name] ?? null}
                onBrush={range => table.brush(axis.name, range)}
              />
            </g>
          ))}
        </g>
      </svg>
    </div>
  );
}

function AxisView(props: {
  readonly axis: Axis;
  readonly isLast: boolean;
}): React.JSX.Element {
  const { axis, isLast } = props;
  return (
    <>
      <line y1={0} y2={HEIGHT} />
      <text className="nbm-mod-name" y={-12}>
        {axis.name}
      </text>
      {axis.ticks.map(tick => (
        <text
          key={tick.label}
          className={isLast ? 'nbm-mod-last' : ''}
          x={isLast ? 6 : -6}
          y={downOf(tick.at) + 4}
        >
          {tick.label}
        </text>
      ))}
    </>
  );
}

function Path(props: {
  readonly id: string;
  readonly line: Line;
  readonly label: string;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly onChoose: () => void;
}): React.JSX.Element {
  const { line, label, isActive, isSelected } = props;
  const points = line.places.flatMap((place, at) =>
    place === null
      ? []
      : [
          `${acrossOf(at, line.places.length).toFixed(1)},${downOf(place).toFixed(1)}`
        ]
  );
  const classes = [
    ...(isActive ? ['nbm-mod-active'] : []),
    ...(isSelected ? ['nbm-mod-selected'] : [])
  ];
  return (
    <polyline
      id={props.id}
      role="option"
      aria-selected={isSelected}
      aria-label={label}
      className={classes.join(' ')}
      style={{ ['--nbm-score' as string]: line.score }}
      points={points.join(' ')}
      onClick={props.onChoose}
    >
      <title>{label}</title>
    </polyline>
  );
}

function labelOf(line: Line, names: readonly string[]): string {
  const said = names.map((name, at) => `${name} ${line.values[at]}`);
  return `${line.name}: ${said.join(', ')}`;
}

function acrossOf(at: number, count: number): number {
  return count > 1 ? (at * WIDTH) / (count - 1) : WIDTH;
}

function downOf(place: number): number {
  return HEIGHT - place * HEIGHT;
}

/** Where a key leads from a line; `null` for keys that lead nowhere. */
function movedTo(key: string, from: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.min(count - 1, from + 1);
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(0, from - 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
