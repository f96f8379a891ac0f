import type { Event } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import type { Emitter } from '../api/events';
import type { Kernel } from './kernel';

/** How long until the next question while a run goes on, in milliseconds. */
const SOON = 1_000;

/** How long until the next question else. */
const LATER = 3_000;

/**
 * Asks the kernel again and again for what a server would tell by itself, while somebody looks.
 */
export class KernelEvents implements Emitter {
  /**
   * @param isSeen - whether the panel is to be seen now; nothing is asked while it is not.
   */
  constructor(
    private readonly kernel: Kernel,
    private readonly isSeen: () => boolean
  ) {
    void this.look();
  }

  readonly stream = new Signal<this, Event.Emission>(this);

  /** Ask no more. */
  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    Signal.clearData(this);
  }

  private async look(): Promise<void> {
    let pause = LATER;
    if (this.isSeen()) {
      const { status, body } = await this.kernel.ask('events');
      const { events = [] } = JSON.parse(body) as {
        readonly events?: readonly Event.Emission[];
      };
      if (status === 200 && !this.disposed) {
        events.forEach(event => this.stream.emit(event));
      }
      pause = events.some(goesOn) ? SOON : LATER;
    }
    if (!this.disposed) {
      this.timer = setTimeout(() => void this.look(), pause);
    }
  }

  private disposed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
}

function goesOn(event: Event.Emission): boolean {
  return (event as { readonly state?: unknown }).state === 'running';
}
