import type { Event } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type {
  AlertEvent,
  ChangedEvent,
  RecordedEvent,
  RunEvent
} from '../contract/wire';

const RUN_PROGRESS = 'nbmlops:run-progress/v1';
const CHANGED = 'nbmlops:changed/v1';
const ALERT = 'nbmlops:alert/v1';
const RECORDED = 'nbmlops:recorded/v1';

/**
 * What the server tells by itself: how runs go on, whoever started them, of which notebooks
 * something was recorded, of which projects the pipelines or schedules have changed, and what
 * people are told of schedules.
 */
export interface MlopsEvents {
  readonly runs: ISignal<this, RunEvent>;
  readonly recorded: ISignal<this, RecordedEvent>;
  readonly changed: ISignal<this, ChangedEvent>;
  readonly alerts: ISignal<this, AlertEvent>;
}

/** Where they come from, among those of others. */
export interface Emitter {
  readonly stream: ISignal<unknown, Event.Emission>;
}

/**
 * The events of nbmlops among all that come through Jupyter's event stream.
 */
export class EventStream implements MlopsEvents {
  constructor(events: Emitter) {
    events.stream.connect((_, emission) => {
      if (emission.schema_id === RUN_PROGRESS) {
        this.ofRuns.emit(emission as unknown as RunEvent);
      } else if (emission.schema_id === RECORDED) {
        this.ofRecords.emit(emission as unknown as RecordedEvent);
      } else if (emission.schema_id === CHANGED) {
        this.ofChanges.emit(emission as unknown as ChangedEvent);
      } else if (emission.schema_id === ALERT) {
        this.ofAlerts.emit(emission as unknown as AlertEvent);
      }
    });
  }

  get runs(): ISignal<this, RunEvent> {
    return this.ofRuns;
  }

  get recorded(): ISignal<this, RecordedEvent> {
    return this.ofRecords;
  }

  get changed(): ISignal<this, ChangedEvent> {
    return this.ofChanges;
  }

  get alerts(): ISignal<this, AlertEvent> {
    return this.ofAlerts;
  }

  private readonly ofRuns = new Signal<this, RunEvent>(this);
  private readonly ofRecords = new Signal<this, RecordedEvent>(this);
  private readonly ofChanges = new Signal<this, ChangedEvent>(this);
  private readonly ofAlerts = new Signal<this, AlertEvent>(this);
}
