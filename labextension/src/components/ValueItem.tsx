import * as React from 'react';

import type {
  ColumnProfile,
  ValuePreview,
  ValueRecord
} from '../contract/wire';
import { countText, metricText, sizeText } from '../model/format';
import { Grid } from './Grid';
import { useSurroundings } from './surroundings';

/** A value as it was recorded: type, shape and size; opened, what it looks like inside. */
export function ValueItem(props: {
  readonly value: ValueRecord;
  readonly open: boolean;
}): React.JSX.Element {
  const { name, summary, manifest, reason } = props.value;
  const { trans } = useSurroundings();
  const kept = manifest === null ? trans.__('not stored') : trans.__('stored');
  const facts = [summary.kind, summary.shape?.join(' × ')];
  facts.push(summary.size === null ? undefined : sizeText(summary.size), kept);
  return (
    <details className="nbm-Value" open={props.open}>
      <summary>
        <strong className="nbm-Reference">{name}</strong>{' '}
        <span className="nbm-Facts">
          {facts.filter(fact => fact).join(' · ')}
        </span>
      </summary>
      {reason !== null && <p className="nbm-Facts">{reason}</p>}
      {summary.preview ? (
        <Inside preview={summary.preview} />
      ) : (
        summary.text && <code className="nbm-Value-text">{summary.text}</code>
      )}
    </details>
  );
}

function Inside({
  preview
}: {
  readonly preview: ValuePreview;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const names = preview.columns.map(column => column.name);
  const width = preview.head[0]?.length ?? 0;
  const named = names.length === width && names.some(name => name !== '');
  return (
    <>
      <Grid
        title={trans.__('Columns')}
        head={[
          trans.__('Name'),
          trans.__('Type'),
          trans.__('Min'),
          trans.__('Max'),
          trans.__('Mean'),
          trans.__('Nulls'),
          trans.__('Distinct')
        ]}
        rows={preview.columns.map(columnCells)}
        notes={preview.columns.map(column => column.note)}
      />
      <Grid
        title={trans.__('First rows')}
        head={named ? names : Array.from({ length: width }, (_, at) => `${at}`)}
        rows={preview.head}
      />
      <Grid
        title={trans.__('First items')}
        head={[trans.__('Name'), trans.__('Value')]}
        rows={preview.items}
      />
    </>
  );
}

function columnCells(column: ColumnProfile): readonly string[] {
  return [
    column.name,
    column.kind,
    column.minimum ?? '–',
    column.maximum ?? '–',
    column.mean === null ? '–' : metricText(column.mean),
    countText(column.nulls),
    countText(column.distinct)
  ];
}
