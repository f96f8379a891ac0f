import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { AlertEvent } from '../contract/wire';
import { Alerts } from './alerts';
import type { AlertLook } from './alerts';

/** More are not to be seen at a time: older ones give way. */
const MOST = 5;

/** An alert that is to be seen, and how. */
export interface ShownAlert {
  readonly event: AlertEvent;
  readonly look: AlertLook;
}

/**
 * The alerts of a page, newest first, until the reader closes them.
 */
export class ShownAlerts {
  get all(): readonly ShownAlert[] {
    return this.found;
  }

  get changed(): ISignal<this, void> {
    return this.ofChanges;
  }

  /** Show an alert, unless it was shown or is none of the usual ones. */
  add(event: AlertEvent): void {
    const look = this.alerts.take(event);
    if (look !== null) {
      this.keep([{ event, look }, ...this.found].slice(0, MOST));
    }
  }

  /** The reader has seen it. */
  close(id: string): void {
    this.keep(this.found.filter(({ event }) => event.id !== id));
  }

  private keep(found: readonly ShownAlert[]): void {
    this.found = found;
    this.ofChanges.emit();
  }

  private readonly alerts = new Alerts();
  private readonly ofChanges = new Signal<this, void>(this);
  private found: readonly ShownAlert[] = [];
}
