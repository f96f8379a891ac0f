import type { Event } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { RunEvent } from '../contract/wire';

const RUN_PROGRESS = 'nbmlops:run-progress/v1';

/**
 * What the server tells of runs as they go on, whoever started them.
 */
export interface RunEvents {
  readonly arrived: ISignal<this, RunEvent>;
}

/**
 * The events of runs among all that come through Jupyter's event stream.
 */
export class RunEventStream implements RunEvents {
  constructor(events: Event.IManager) {
    events.stream.connect((_, emission) => {
      if (emission.schema_id === RUN_PROGRESS) {
        this.signal.emit(emission as unknown as RunEvent);
      }
    });
  }

  get arrived(): ISignal<this, RunEvent> {
    return this.signal;
  }

  private readonly signal = new Signal<this, RunEvent>(this);
}
