import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { CellPlan, PlanResponse } from '../contract/wire';
import { Badge } from './Badge';
import { useSurroundings } from './surroundings';

/** What the first run of a schedule would do, step by step. */
export function DryRun({
  plan
}: {
  readonly plan: PlanResponse;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const title = trans.__('Dry run of %1', plan.reference);
  const shown = React.useRef<HTMLElement>(null);
  React.useEffect(() => {
    shown.current?.scrollIntoView({ block: 'nearest' }); // below the form
  }, [plan]);
  return (
    <section
      ref={shown}
      className="nbm-DryRun"
      aria-label={title}
      aria-live="polite"
    >
      <h3>{title}</h3>
      <p>{plan.summary}</p>
      <table className="nbm-Changes">
        <thead>
          <tr>
            <th scope="col">{trans.__('Step')}</th>
            <th scope="col">{trans.__('Plan')}</th>
            <th scope="col">{trans.__('Why')}</th>
          </tr>
        </thead>
        <tbody>
          {plan.steps.map(step => (
            <tr key={step.title}>
              <th scope="row">{step.title}</th>
              <td>
                <Badge
                  tone={step.state === 'cached' ? 'good' : 'busy'}
                  label={planText(step.state, trans)}
                  reason=""
                />
              </td>
              <td>{step.why}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function planText(state: CellPlan, trans: TranslationBundle): string {
  const words: Record<CellPlan, string> = {
    cached: trans.__('cached'),
    runs: trans.__('runs'),
    'may run': trans.__('may run'),
    skipped: trans.__('skipped')
  };
  return words[state];
}
