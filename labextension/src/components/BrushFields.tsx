import * as React from 'react';

import type { Range } from '../model/brushes';
import type { Axis } from '../model/parallel';
import type { RunTable } from '../model/runTable';
import { useSurroundings } from './surroundings';

const ALL: Range = { from: -Infinity, to: Infinity };

/** The ranges of the axes as fields, how many runs lie in them, and what takes them away. */
export function BrushFields(props: {
  readonly table: RunTable;
  readonly axes: readonly Axis[];
  readonly inside: number;
}): React.JSX.Element {
  const { table, axes, inside } = props;
  const { trans } = useSurroundings();
  const { brushes } = table.state;
  return (
    <details className="nbm-Ranges">
      <summary>
        {trans.__('Ranges')}
        {table.narrowed && (
          <span role="status">
            {' · '}
            {trans._n('%1 run lies in them', '%1 runs lie in them', inside)}
          </span>
        )}
      </summary>
      <p className="nbm-Facts">
        {trans.__(
          'Draw along an axis of the plot, or fill in from where to where; list and lines show what lies there.'
        )}
      </p>
      <div className="nbm-Ranges-fields">
        {axes.map(axis => (
          <AxisFields
            key={axis.name}
            axis={axis}
            range={brushes[axis.name] ?? ALL}
            onChange={range => table.brush(axis.name, range)}
          />
        ))}
      </div>
      <button
        type="button"
        className="nbm-Button nbm-mod-text"
        disabled={table.narrowed === null}
        onClick={() => table.clearBrushes()}
      >
        {trans.__('Clear ranges')}
      </button>
    </details>
  );
}

function AxisFields(props: {
  readonly axis: Axis;
  readonly range: Range;
  readonly onChange: (range: Range) => void;
}): React.JSX.Element {
  const { axis, range, onChange } = props;
  const { trans } = useSurroundings();
  return (
    <fieldset>
      <legend>{axis.name}</legend>
      <End
        axis={axis}
        label={trans.__('From')}
        value={range.from}
        open={-Infinity}
        onChange={from => onChange({ ...range, from })}
      />
      <End
        axis={axis}
        label={trans.__('To')}
        value={range.to}
        open={Infinity}
        onChange={to => onChange({ ...range, to })}
      />
    </fieldset>
  );
}

/** One end of a range; empty where it is `open`. */
function End(props: {
  readonly axis: Axis;
  readonly label: string;
  readonly value: number;
  readonly open: number;
  readonly onChange: (value: number) => void;
}): React.JSX.Element {
  const { axis, label, value, open, onChange } = props;
  const { kinds, lowest, highest } = axis;
  const text = Number.isFinite(value) ? String(value) : '';
  const take = (typed: string): void =>
    onChange(typed === '' ? open : Number(typed));
  return (
    <label className="nbm-Field">
      {label}
      {kinds ? (
        <select value={text} onChange={event => take(event.target.value)}>
          <option value="">–</option>
          {kinds.map((kind, at) => (
            <option key={kind} value={at}>
              {kind}
            </option>
          ))}
        </select>
      ) : (
        <input
          type="number"
          step="any"
          placeholder={String(open < 0 ? lowest : highest)}
          value={text}
          onChange={event => take(event.target.value)}
        />
      )}
    </label>
  );
}
