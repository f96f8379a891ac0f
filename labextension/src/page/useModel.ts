import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

import { useRedraw } from './useRedraw';

/** What a page makes for itself and draws whenever it has changed, until the reader leaves it. */
export function useModel<
  T extends {
    readonly changed: ISignal<unknown, void>;
    readonly dispose?: () => void;
  }
>(make: () => T, begin?: (made: T) => void): T {
  const [made] = React.useState(make);
  useRedraw(made.changed);
  React.useEffect(() => {
    begin?.(made);
    return () => made.dispose?.();
  }, [made]);
  return made;
}
