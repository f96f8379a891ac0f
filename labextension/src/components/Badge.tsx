import * as React from 'react';

/** A short word in a tone; where there is a reason, it is the tooltip, and opens below it. */
export function Badge(props: {
  readonly tone: 'good' | 'bad' | 'busy' | 'quiet';
  readonly label: string;
  readonly reason: string;
}): React.JSX.Element {
  const { tone, label, reason } = props;
  const className = `nbm-Badge nbm-mod-${tone}`;
  if (!reason) {
    return <span className={className}>{label}</span>;
  }
  return (
    <details className={className}>
      <summary title={reason}>{label}</summary>
      <p>{reason}</p>
    </details>
  );
}
