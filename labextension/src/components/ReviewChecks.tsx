import * as React from 'react';

import type { Check, Finding, ReviewResponse } from '../contract/wire';
import { Badge } from './Badge';
import { useSurroundings } from './surroundings';

/** What was checked of a version, and what in it looks like a credential. */
export function ReviewChecks({
  answer
}: {
  readonly answer: ReviewResponse;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  return (
    <>
      <section aria-label={trans.__('Secrets')}>
        <h3>{trans.__('Secrets')}</h3>
        {answer.findings.length === 0 ? (
          <p>
            {trans.__(
              'Nothing in the sources and outputs looks like a credential.'
            )}
          </p>
        ) : (
          <ul className="nbm-Findings">
            {answer.findings.map((one, index) => (
              <FindingItem key={index} finding={one} />
            ))}
          </ul>
        )}
      </section>
      <section aria-label={trans.__('Checks and proofs')}>
        <h3>{trans.__('Checks and proofs')}</h3>
        <ul className="nbm-Checks">
          {answer.checks.map(one => (
            <CheckItem key={one.name} check={one} />
          ))}
        </ul>
      </section>
    </>
  );
}

function FindingItem({
  finding
}: {
  readonly finding: Finding;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { where, inside, line, what } = finding;
  const place =
    inside === 'output'
      ? trans.__('%1, line %2 of its output', where, line)
      : trans.__('%1, line %2', where, line);
  return (
    <li className="nbm-Warning">
      <strong>{place}</strong> {what}
    </li>
  );
}

function CheckItem({ check }: { readonly check: Check }): React.JSX.Element {
  const { trans } = useSurroundings();
  const { name, passed, told, required } = check;
  const [tone, label] =
    passed === null
      ? (['quiet', trans.__('not checked')] as const)
      : passed
        ? (['good', trans.__('passed')] as const)
        : (['bad', trans.__('failed')] as const);
  return (
    <li>
      <strong>{name}</strong> <Badge tone={tone} label={label} reason="" />{' '}
      {told}
      {required && <> · {trans.__('required by the project')}</>}
    </li>
  );
}
