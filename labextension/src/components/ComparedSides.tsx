import { undoIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { VersionRow } from '../contract/wire';
import { durationText } from '../model/format';
import { comparedRows } from '../model/versionComparison';
import type { VersionComparison } from '../model/versionComparison';
import type { Part } from '../model/restoring';
import { ProblemBox } from './ProblemBox';
import { restorationText } from './restorationText';
import { StatusIcon } from './StatusIcon';
import { useSurroundings } from './surroundings';
import { When } from './When';

/** Whose versions they are, with buttons that put one of them back. */
export function ComparedSides(props: {
  readonly comparison: VersionComparison;
  readonly reveal?: (() => void) | undefined;
}): React.JSX.Element {
  const { comparison, reveal } = props;
  const { trans } = useSurroundings();
  const { restored, failed, busy } = comparison.state;
  const isDone = restored !== null && restored.kind !== 'waiting';
  return (
    <>
      <div className="nbm-Sides">
        {comparedRows(comparison.state).map(
          (row, at) =>
            row && (
              <Side
                key={at}
                row={row}
                restore={
                  comparison.restores
                    ? part => void comparison.restore(row.number, part)
                    : null
                }
                isBusy={busy}
              />
            )
        )}
      </div>
      {failed && <ProblemBox problem={failed} />}
      <p className="nbm-Announcement" role="status">
        {restored && restorationText(restored, trans)}
      </p>
      {isDone && reveal && (
        <p className="nbm-Actions">
          <button type="button" className="nbm-Button" onClick={reveal}>
            {trans.__('Go to the notebook')}
          </button>
        </p>
      )}
    </>
  );
}

function Side(props: {
  readonly row: VersionRow;
  readonly restore: ((part: Part) => void) | null;
  readonly isBusy: boolean;
}): React.JSX.Element {
  const { row, restore, isBusy } = props;
  const { trans } = useSurroundings();
  const facts = [
    row.author,
    ...(row.duration === null ? [] : [durationText(row.duration)]),
    ...(row.run === null ? [] : [row.run])
  ];
  const parts: ReadonlyArray<readonly [Part, string, string]> = [
    [
      'source',
      trans.__('Restore source'),
      trans.__('Restore source of %1', row.reference)
    ],
    [
      'values',
      trans.__('Restore values'),
      trans.__('Restore values of %1', row.reference)
    ],
    [
      'both',
      trans.__('Restore both'),
      trans.__('Restore source and values of %1', row.reference)
    ]
  ];
  return (
    <article className="nbm-Side" aria-label={row.reference}>
      <p>
        <StatusIcon status={row.status} />{' '}
        <strong className="nbm-Reference">{row.reference}</strong>{' '}
        <When at={row.started_at ?? row.created_at} />
      </p>
      <p className="nbm-Facts">{facts.join(' · ')}</p>
      {restore && (
        <div className="nbm-Actions">
          {parts.map(([part, text, label]) => (
            <button
              key={part}
              type="button"
              className="nbm-Button"
              aria-label={label}
              disabled={isBusy}
              onClick={() => restore(part)}
            >
              <undoIcon.react tag="span" height="14px" width="14px" />
              {text}
            </button>
          ))}
        </div>
      )}
    </article>
  );
}
