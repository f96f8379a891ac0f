import * as React from 'react';

import { loaded } from '../model/loading';
import { ErrorBoundary } from './ErrorBoundary';

/** What stands in the place of a part while it is fetched, and what it shows something of. */
interface Options<Props> {
  readonly waiting?: (props: Props) => React.ReactNode;
  readonly of?: () => unknown;
}

/**
 * A component that is fetched once it is first drawn. Where that fails, or it throws, its place
 * says so, and it can be fetched and drawn again.
 */
export function fetched<Props extends object>(
  load: () => Promise<React.ComponentType<Props>>,
  { waiting, of }: Options<Props> = {}
): React.FunctionComponent<Props> {
  const make = (): React.ComponentType<Props> =>
    // it takes what the component takes; its type speaks of a reference as well
    React.lazy(async () => ({
      default: await loaded(load)
    })) as unknown as React.ComponentType<Props>;
  let Part = make();
  return function Fetched(props: Props): React.JSX.Element {
    const [, drawAgain] = React.useReducer((times: number) => times + 1, 0);
    const retry = (): void => {
      Part = make();
      drawAgain();
    };
    return (
      <ErrorBoundary of={of?.()} onRetry={retry}>
        <React.Suspense fallback={waiting?.(props) ?? null}>
          <Part {...props} />
        </React.Suspense>
      </ErrorBoundary>
    );
  };
}
