import * as React from 'react';

/** Short names with their values on one wrapping line; nothing where there are none. */
export function NamedValues({
  label,
  values
}: {
  readonly label: string;
  readonly values: ReadonlyArray<readonly [string, string]>;
}): React.JSX.Element | null {
  if (values.length === 0) {
    return null;
  }
  return (
    <dl className="nbm-NamedValues" aria-label={label}>
      {values.map(([name, value]) => (
        <div key={name} title={`${name} = ${value}`}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
