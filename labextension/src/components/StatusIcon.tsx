import {
  checkIcon,
  circleEmptyIcon,
  closeIcon,
  runningIcon,
  stopIcon
} from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { ExecutionStatus, RunStatus } from '../contract/wire';
import { useSurroundings } from './surroundings';

type Status = ExecutionStatus | RunStatus | null;

interface Appearance {
  readonly icon: LabIcon;
  readonly tone: 'good' | 'bad' | 'busy' | 'quiet';
  readonly label: string;
}

/** How an execution or a run ended, as an icon with a name. */
export function StatusIcon({
  status
}: {
  readonly status: Status;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { icon, tone, label } = appearance(status, trans);
  return (
    <span
      className={`nbm-Status nbm-mod-${tone}`}
      role="img"
      aria-label={label}
      title={label}
    >
      <icon.react tag="span" height="14px" width="14px" />
    </span>
  );
}

function appearance(status: Status, trans: TranslationBundle): Appearance {
  switch (status) {
    case 'ok':
    case 'succeeded':
      return { icon: checkIcon, tone: 'good', label: trans.__('succeeded') };
    case 'error':
    case 'failed':
      return { icon: closeIcon, tone: 'bad', label: trans.__('failed') };
    case 'interrupted':
      return { icon: stopIcon, tone: 'bad', label: trans.__('interrupted') };
    case 'cancelled':
      return { icon: stopIcon, tone: 'quiet', label: trans.__('cancelled') };
    case 'lost':
      return {
        icon: closeIcon,
        tone: 'bad',
        label: trans.__('lost: its process vanished')
      };
    case 'running':
      return { icon: runningIcon, tone: 'busy', label: trans.__('running') };
    case null:
      return {
        icon: circleEmptyIcon,
        tone: 'quiet',
        label: trans.__('not executed')
      };
  }
}
