import { undoIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ValueRecord, VersionRow } from '../contract/wire';
import { durationText, metricText } from '../model/format';
import { NamedValues } from './NamedValues';
import { StatusIcon } from './StatusIcon';
import { useSurroundings } from './surroundings';
import { VersionBadges } from './VersionBadges';
import { VersionValues } from './VersionValues';
import { When } from './When';

/** One version: buttons that choose it for comparison, restore its source or its values, and show these. */
export function VersionItem(props: {
  readonly row: VersionRow;
  readonly selected: boolean;
  readonly values: readonly ValueRecord[] | undefined;
  readonly onSelect: () => void;
  readonly onLook: () => void;
  readonly onRestore: () => void;
  readonly onRestoreValues: () => void;
}): React.JSX.Element {
  const { row, selected, values, onSelect, onLook, onRestore } = props;
  const { trans, outside, kernel } = useSurroundings();
  return (
    <li className={`nbm-Version${selected ? ' nbm-mod-selected' : ''}`}>
      <button
        type="button"
        className="nbm-Version-choice"
        aria-pressed={selected}
        aria-label={trans.__('Compare %1', row.reference)}
        onClick={onSelect}
      >
        <Headline row={row} />
      </button>
      {(!outside || kernel) && (
        <button
          type="button"
          className="nbm-Button nbm-Version-restore"
          aria-label={trans.__('Restore source of %1', row.reference)}
          title={
            kernel
              ? trans.__(
                  'Offer the source of %1 as a new cell, once a cell has run',
                  row.reference
                )
              : trans.__(
                  "Insert the source of %1 below the step's cell",
                  row.reference
                )
          }
          onClick={onRestore}
        >
          <undoIcon.react tag="span" height="14px" width="14px" />
          <span className="nbm-Button-text">{trans.__('Restore source')}</span>
        </button>
      )}
      <Details row={row} />
      <VersionValues
        row={row}
        values={values}
        onLook={onLook}
        onRestore={props.onRestoreValues}
      />
    </li>
  );
}

function Headline({ row }: { readonly row: VersionRow }): React.JSX.Element {
  return (
    <>
      <StatusIcon status={row.status} />
      <strong className="nbm-Reference">{row.reference}</strong>
      <When at={row.started_at ?? row.created_at} />
    </>
  );
}

function Details({ row }: { readonly row: VersionRow }): React.JSX.Element {
  const { trans } = useSurroundings();
  const facts = [
    row.author,
    trans._n('%1 execution', '%1 executions', row.executions, row.executions)
  ];
  if (row.duration !== null) {
    facts.push(durationText(row.duration));
  }
  if (row.run !== null) {
    facts.push(row.run);
  }
  return (
    <div className="nbm-Version-details">
      {row.changed && <p className="nbm-Changed">{row.changed}</p>}
      <p className="nbm-Facts">{facts.join(' · ')}</p>
      <VersionBadges row={row} />
      <NamedValues
        label={trans.__('Metrics')}
        values={Object.entries(row.metrics).map(([name, value]) => [
          name,
          metricText(value)
        ])}
      />
    </div>
  );
}
