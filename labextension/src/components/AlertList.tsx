import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { AlertEvent } from '../contract/wire';
import { addressOf } from '../model/route';
import type { ShownAlert } from '../model/shownAlerts';
import { alertText } from './alertText';
import { useSurroundings } from './surroundings';

/** What the server tells of schedules, each with where it leads. */
export function AlertList(props: {
  readonly alerts: readonly ShownAlert[];
  readonly onClose: (id: string) => void;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const close = trans.__('Close');
  return (
    <div aria-live="polite">
      {props.alerts.length > 0 && (
        <ul className="nbm-Alerts" aria-label={trans.__('Alerts')}>
          {props.alerts.map(({ event, look }) => (
            <li key={event.id} className={`nbm-mod-${look}`}>
              <span>{alertText(event, trans)}</span>
              <a href={placeOf(event)}>
                {event.run === null
                  ? trans.__('Show schedules')
                  : trans.__('Open run')}
              </a>
              <button
                type="button"
                className="nbm-Button"
                aria-label={close}
                title={close}
                onClick={() => props.onClose(event.id)}
              >
                <closeIcon.react tag="span" height="16px" width="16px" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The report of a run that has ended, the log of one that may go on, else the schedules. */
function placeOf({ run, notebook, kind }: AlertEvent): string {
  if (run === null) {
    return addressOf({ page: 'schedules', notebook });
  }
  return addressOf({ page: kind === 'late' ? 'log' : 'report', notebook, run });
}
