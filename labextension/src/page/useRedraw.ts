import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

/** Draw a component again when any of these signals is emitted. */
export function useRedraw(
  ...signals: ReadonlyArray<ISignal<unknown, unknown>>
): void {
  const [, count] = React.useReducer((times: number) => times + 1, 0);
  React.useEffect(() => {
    const redraw = (): void => count();
    signals.forEach(signal => signal.connect(redraw));
    redraw(); // for what was emitted since it was drawn
    return () => signals.forEach(signal => void signal.disconnect(redraw));
  }, signals);
}
