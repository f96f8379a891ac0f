import * as React from 'react';

/**
 * A table that scrolls sideways in a narrow panel; nothing where there are no rows. `notes` has,
 * for each row, what stands in place of the cells behind its second.
 */
export function Grid(props: {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: ReadonlyArray<readonly string[]>;
  readonly notes?: ReadonlyArray<string | null>;
}): React.JSX.Element | null {
  const { title, head, rows, notes } = props;
  if (rows.length === 0) {
    return null;
  }
  return (
    <div className="nbm-Grid" role="region" aria-label={title} tabIndex={0}>
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            {head.map((name, at) => (
              <th key={at} scope="col" title={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, at) => (
            <Row key={at} cells={cells} note={notes?.[at] ?? null} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row(props: {
  readonly cells: readonly string[];
  readonly note: string | null;
}): React.JSX.Element {
  const { cells, note } = props;
  const shown = note === null ? cells : cells.slice(0, 2);
  return (
    <tr>
      {shown.map((cell, at) => (
        <td key={at} title={cell}>
          {cell}
        </td>
      ))}
      {note !== null && <td colSpan={cells.length - 2}>{note}</td>}
    </tr>
  );
}
