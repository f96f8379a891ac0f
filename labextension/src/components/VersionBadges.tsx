import * as React from 'react';

import type { Verdict, VersionRow } from '../contract/wire';
import { Badge } from './Badge';
import { useSurroundings } from './surroundings';

/** The tags of a version, and what is to be known before it is trusted. */
export function VersionBadges({
  row
}: {
  readonly row: VersionRow;
}): React.JSX.Element | null {
  const { trans } = useSurroundings();
  const told = row.verified !== null || row.inputs_note !== null;
  if (!told && row.tags.length === 0) {
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
      {row.tags.map(tag => (
        <Badge key={tag} tone="quiet" label={tag} reason="" />
      ))}
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
