import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';

/** How often "3 min. ago" is said anew, in milliseconds. */
const CLOCK_TICK = 30_000;

/**
 * A React view that says how long ago something was: it is drawn anew once it is to be seen, and
 * now and then as long as it is.
 */
export abstract class TickingWidget extends ReactWidget {
  override dispose(): void {
    this.stopClock();
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.startClock();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) {
      this.startClock();
    }
  }

  protected override onAfterHide(message: Message): void {
    this.stopClock();
    super.onAfterHide(message);
  }

  protected override onAfterDetach(message: Message): void {
    this.stopClock();
    super.onAfterDetach(message);
  }

  private startClock(): void {
    this.update();
    this.clock ??= window.setInterval(() => this.update(), CLOCK_TICK);
  }

  private stopClock(): void {
    window.clearInterval(this.clock);
    this.clock = undefined;
  }

  private clock: number | undefined;
}
