import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type {
  ContentDifference,
  FrameDifference,
  PartDifference,
  RowDifference,
  ValueDifference
} from '../contract/wire';
import { countText, metricText } from '../model/format';
import { ChangeTable } from './DiffView';
import { Grid } from './Grid';
import { useSurroundings } from './surroundings';

/** What differs inside of stored values: frames by column and row, others by their parts. */
export function ComparedValues(props: {
  readonly contents: ContentDifference;
  readonly names: readonly [string, string];
}): React.JSX.Element | null {
  const { contents, names } = props;
  const { trans } = useSurroundings();
  const { frames, others } = contents;
  if (frames.length + others.length === 0) {
    return null;
  }
  const isLarge = [...frames, ...others].some(({ note }) =>
    note.includes('--values')
  );
  return (
    <section aria-label={trans.__('Inside of values')}>
      <h3>{trans.__('Inside of values')}</h3>
      {frames.map(frame => (
        <Frame key={frame.name} frame={frame} />
      ))}
      {others.map(value => (
        <Value key={value.name} value={value} names={names} />
      ))}
      {isLarge && (
        <p className="nbm-Facts">
          {trans.__('In a terminal, this looks into large values as well:')}{' '}
          <code>nbmlops diff {names.join(' ')} --values</code>
        </p>
      )}
    </section>
  );
}

function Frame({
  frame
}: {
  readonly frame: FrameDifference;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  return (
    <article className="nbm-CellDiff" aria-label={frame.name}>
      <h4>
        {frame.name} <span className="nbm-Facts">{rowsText(frame, trans)}</span>
      </h4>
      {frame.note !== '' && <p className="nbm-Facts">{frame.note}</p>}
      <ChangeTable title={trans.__('Columns')} changes={frame.schema} />
      <Grid
        title={trans.__('Values by column')}
        head={[
          trans.__('Column'),
          trans.__('Cells that differ'),
          trans.__('Mean difference'),
          trans.__('Largest difference')
        ]}
        rows={frame.columns.map(({ name, cells, mean, largest }) => [
          name,
          countText(cells),
          mean === null ? '–' : metricText(mean),
          largest === null ? '–' : metricText(largest)
        ])}
      />
      <Sample frame={frame} />
    </article>
  );
}

/** How many rows there are, changed, came and went. */
function rowsText(frame: FrameDifference, trans: TranslationBundle): string {
  const [before, after] = frame.rows;
  const facts = [
    before === after
      ? trans._n('%2 row', '%2 rows', after, countText(after))
      : trans.__('%1 → %2 rows', countText(before), countText(after))
  ];
  if (frame.rows_changed) {
    facts.push(trans.__('%1 changed', countText(frame.rows_changed)));
  }
  if (frame.rows_added) {
    facts.push(trans.__('%1 added', countText(frame.rows_added)));
  }
  if (frame.rows_removed) {
    facts.push(trans.__('%1 removed', countText(frame.rows_removed)));
  }
  return facts.join(' · ');
}

/** Some of the rows that differ; a cell that does has what it was before above what it is. */
function Sample({
  frame
}: {
  readonly frame: FrameDifference;
}): React.JSX.Element | null {
  const { trans } = useSurroundings();
  const { name, sample, sampled } = frame;
  if (sample.length === 0) {
    return null;
  }
  const title = trans.__('Rows of %1 that differ', name);
  return (
    <div className="nbm-Grid" role="region" aria-label={title} tabIndex={0}>
      <table className="nbm-Sample">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Row')}</th>
            {sampled.map(column => (
              <th key={column} scope="col" title={column}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sample.map((row, at) => (
            <SampledRow key={at} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SampledRow({
  row
}: {
  readonly row: RowDifference;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { before, after } = row;
  const came = before === null && after !== null;
  const went = after === null && before !== null;
  const cells = after ?? before ?? [];
  return (
    <tr className={came ? 'nbm-mod-added' : went ? 'nbm-mod-removed' : ''}>
      <th scope="row">
        {row.row}
        {came && ` (${trans.__('added')})`}
        {went && ` (${trans.__('removed')})`}
      </th>
      {cells.map((cell, at) => {
        const old = before?.[at] ?? cell;
        return (
          <td key={at}>
            {old === cell ? (
              cell || '–'
            ) : (
              <>
                <del>{old || '–'}</del> <ins>{cell || '–'}</ins>
              </>
            )}
          </td>
        );
      })}
    </tr>
  );
}

function Value(props: {
  readonly value: ValueDifference;
  readonly names: readonly [string, string];
}): React.JSX.Element {
  const { value, names } = props;
  const { trans } = useSurroundings();
  return (
    <article className="nbm-CellDiff" aria-label={value.name}>
      <h4>{value.name}</h4>
      {value.note !== '' && <p className="nbm-Facts">{value.note}</p>}
      <Grid
        title={trans.__('Where %1 differs', value.name)}
        head={[
          trans.__('First at'),
          trans.__('What differs'),
          ...names,
          trans.__('Largest difference')
        ]}
        rows={value.parts.map(part => [
          `${value.name}${part.path}${part.first}`,
          part.what || elementsText(part, trans),
          part.before || '–',
          part.after || '–',
          part.largest === null ? '–' : metricText(part.largest)
        ])}
      />
      {value.more && (
        <p className="nbm-Facts">{trans.__('It differs in more places.')}</p>
      )}
    </article>
  );
}

function elementsText(part: PartDifference, trans: TranslationBundle): string {
  const { differing, elements } = part;
  return elements === 1
    ? trans.__('the value')
    : trans.__('%1 of %2 elements', countText(differing), countText(elements));
}
