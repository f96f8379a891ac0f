import * as React from 'react';

import type { Run } from '../contract/wire';
import { reference } from '../model/progress';
import type { SectionProps } from './sectionProps';
import { useSurroundings } from './surroundings';

/** What may be done with a run, as it stands: look at it, stop it, go on with it, mend it. */
export function RunActions(
  props: SectionProps & { readonly run: Run }
): React.JSX.Element {
  const { run, host, plans } = props;
  const { trans, outside } = useSurroundings();
  const name = reference(run);
  const ended = run.status !== 'running';
  return (
    <div
      className="nbm-Actions"
      role="group"
      aria-label={trans.__('Actions on %1', name)}
    >
      <Action
        label={trans.__('Log')}
        of={name}
        onClick={() => host.openLog(name)}
      />
      {ended && (
        <Action
          label={trans.__('Report')}
          of={name}
          onClick={() => host.openReport(name)}
        />
      )}
      {!ended && <Cancel {...props} />}
      {ended && run.status !== 'succeeded' && (
        <Action
          label={trans.__('Resume')}
          of={name}
          title={trans.__(
            'Go on where it failed, on the notebook as it is saved'
          )}
          onClick={() => void plans.act((api, path) => api.resume(path, name))}
        />
      )}
      {run.failure &&
        !outside &&
        (run.failure.step ?? run.failure.cell_id) !== null && (
          <Failing {...props} />
        )}
    </div>
  );
}

function Cancel({
  run,
  host,
  plans
}: SectionProps & { readonly run: Run }): React.JSX.Element {
  const { trans } = useSurroundings();
  const name = reference(run);
  const cancel = async (): Promise<void> => {
    const agreed = await host.confirm(
      trans.__('Cancel %1?', name),
      trans.__(
        'Its cell is interrupted, and the run closed with its notebook. You can go on with it later.'
      ),
      trans.__('Cancel run')
    );
    if (agreed) {
      await plans.act((api, path) => api.cancel(path, name));
    }
  };
  return (
    <Action
      label={trans.__('Cancel')}
      of={name}
      onClick={() => void cancel()}
    />
  );
}

/** Go to the cell that failed, and bring the state right before it into the kernel. */
function Failing({
  run,
  host,
  plans
}: SectionProps & { readonly run: Run }): React.JSX.Element {
  const { trans } = useSurroundings();
  const name = reference(run);
  const { step = null, cell_id: cell = null } = run.failure ?? {};
  const open = (): void => {
    host.reveal();
    const shown = cell !== null && plans.notebook?.showCell(cell);
    if (!shown && step !== null) {
      plans.notebook?.showStep(step);
    }
  };
  const debug = async (): Promise<void> => {
    const agreed = await host.confirm(
      trans.__('Debug %1?', name),
      trans.__(
        "The variables of this notebook's kernel are put as they were right before the cell failed. What the run did not keep is made again by running its cells."
      ),
      trans.__('Debug')
    );
    if (agreed) {
      open();
      await plans.debug(name, step ?? '');
    }
  };
  return (
    <>
      <Action label={trans.__('Go to failed cell')} of={name} onClick={open} />
      <Action
        label={trans.__('Debug…')}
        of={name}
        title={trans.__(
          'Bring the state right before it failed into the kernel'
        )}
        onClick={() => void debug()}
      />
    </>
  );
}

/** A button whose name says of what it is, where several look alike. */
export function Action(props: {
  readonly label: string;
  readonly of: string;
  readonly title?: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}): React.JSX.Element {
  const { label, of, title, disabled, onClick } = props;
  return (
    <button
      type="button"
      className="nbm-Button nbm-mod-text"
      aria-label={`${label}: ${of}`}
      title={title}
      disabled={disabled}
      onClick={onClick}
    >
      {label}
    </button>
  );
}
