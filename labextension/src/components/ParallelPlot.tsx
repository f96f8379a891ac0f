import * as React from 'react';

import type { Run } from '../contract/wire';
import { parallelOf } from '../model/parallel';
import type { Line } from '../model/parallel';
import type { Plot } from '../model/pagedTable';
import { Grid } from './Grid';
import { useSurroundings } from './surroundings';

const WIDTH = 900;
const HEIGHT = 180;

/**
 * Parameters of runs against a metric: a line for each run, the better to see which of them go
 * together with high values.
 *
 * A click on a line chooses its run; so does the space bar, after the arrow keys have led from
 * run to run by the metric. Below, all of it as a table.
 */
export function ParallelPlot(props: {
  readonly plot: Plot<Run>;
  readonly parameters: readonly string[];
  readonly selected: readonly Run[];
  readonly onChoose: (run: Run) => void;
}): React.JSX.Element {
  const { plot, parameters, selected, onChoose } = props;
  const { trans } = useSurroundings();
  const id = React.useId();
  const [active, setActive] = React.useState(0);
  const { axes, lines, same } = React.useMemo(
    () => parallelOf(plot.rows, parameters, plot.metric),
    [plot, parameters]
  );
  if (lines.length === 0) {
    return (
      <p className="nbm-Hint">
        {trans.__('No run that is listed has a %1.', plot.metric)}
      </p>
    );
  }
  const told = trans.__(
    'Parameters against %1, of the newest %2 runs that have it',
    plot.metric,
    lines.length
  );
  const current = Math.min(active, lines.length - 1);
  const move = (event: React.KeyboardEvent): void => {
    const next = movedTo(event.key, current, lines.length);
    if (next !== null) {
      event.preventDefault();
      setActive(next);
    }
    const line = lines[current];
    if (line && (event.key === ' ' || event.key === 'Enter')) {
      event.preventDefault();
      onChoose(line.run);
    }
  };
  return (
    <figure className="nbm-Plot nbm-Parallel">
      <figcaption>
        {told}
        {same.length > 0 &&
          ` · ${trans.__('the same in all: %1', same.join(', '))}`}
      </figcaption>
      <div
        role="listbox"
        aria-label={told}
        aria-multiselectable="true"
        aria-activedescendant={`${id}-${current}`}
        tabIndex={0}
        onKeyDown={move}
      >
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
              isSelected={selected.some(one => one.id === line.run.id)}
              onChoose={() => {
                setActive(at);
                onChoose(line.run);
              }}
            />
          ))}
          <g aria-hidden="true">
            {axes.map((axis, at) => (
              <g
                key={axis.name}
                transform={`translate(${acrossOf(at, axes.length)} 0)`}
              >
                <line y1={0} y2={HEIGHT} />
                <text className="nbm-mod-name" y={-12}>
                  {axis.name}
                </text>
                {axis.ticks.map(tick => (
                  <text
                    key={tick.label}
                    className={at === axes.length - 1 ? 'nbm-mod-last' : ''}
                    x={at === axes.length - 1 ? 6 : -6}
                    y={downOf(tick.at) + 4}
                  >
                    {tick.label}
                  </text>
                ))}
              </g>
            ))}
          </g>
        </svg>
      </div>
      <details>
        <summary>{trans.__('As a table')}</summary>
        <Grid
          title={told}
          head={[trans.__('Run'), ...axes.map(axis => axis.name)]}
          rows={lines.map(line => [line.name, ...line.values])}
        />
      </details>
    </figure>
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
