import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** Where the reader of one panel is: the browser's address is that of the notebook. */
export class Router {
  constructor(private current: string) {}

  /** Emitted when the reader has gone somewhere else. */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  get address(): string {
    return this.current;
  }

  readonly go = (address: string): void => {
    this.current = address;
    this.changes.emit();
  };

  private readonly changes = new Signal<this, void>(this);
}
