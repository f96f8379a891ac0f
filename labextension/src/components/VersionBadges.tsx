import * as React from 'react';

import type { Verdict, VersionRow } from '../contract/wire';
import { Badge } from './Badge';
import { useSurroundings } from './surroundings';

/** What is to be known before a version is trusted: its verification, and what it read. */
export function VersionBadges({
  row
}: {
  readonly row: VersionRow;
}): React.JSX.Element | null {
  const { trans } = useSurroundings();
  if (row.verified === null && row.inputs_note === null) {
    return null;
  }
  const labels: Record<Verdict, string> = {
    identical: trans.__('reproduced'),
    'within tolerance': trans.__('reproduced within tolerance'),
    different: trans.__('differs'),
    'not comparable': trans.__('not comparable')
  };
  return (
    <div className="nbm-Badges">
      {row.verified !== null && (
        <Badge
          tone={TONES[row.verified]}
          label={labels[row.verified]}
          reason={row.verified_why}
        />
      )}
      {row.inputs_note !== null && (
        <Badge
          tone="busy"
          label={trans.__('inputs not fully known')}
          reason={row.inputs_note}
        />
      )}
    </div>
  );
}

const TONES: Record<Verdict, 'good' | 'bad' | 'busy' | 'quiet'> = {
  identical: 'good',
  'within tolerance': 'good',
  different: 'bad',
  'not comparable': 'quiet'
};
