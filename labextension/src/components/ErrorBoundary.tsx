import * as React from 'react';

import { said } from '../api/sentence';
import { LoadError } from '../model/loading';
import { problemOf } from '../model/problem';
import type { Problem } from '../model/problem';
import { ProblemBox } from './ProblemBox';
import { useSurroundings } from './surroundings';

interface Props {
  /** What is shown is of this: of something else it is tried anew by itself. */
  readonly of?: unknown;
  /** Called before what failed is drawn again. */
  readonly onRetry?: () => void;
  readonly children: React.ReactNode;
}

interface State {
  readonly failed: { readonly error: unknown } | null;
  readonly where: string;
}

/**
 * What is in it, or why it cannot be shown: never an empty place.
 *
 * A part that could not be loaded, and what throws while it is drawn, is said with its cure; it can
 * be tried again by itself, which keeps all that is around it.
 */
export class ErrorBoundary extends React.Component<Props, State> {
  override state: State = { failed: null, where: '' };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { failed: { error } };
  }

  override componentDidCatch(error: unknown, told: React.ErrorInfo): void {
    this.setState({ where: told.componentStack ?? '' });
    if (error instanceof LoadError) {
      ErrorBoundary.unloaded.add(this);
    }
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.failed && before.of !== this.props.of) {
      this.retry();
    }
  }

  override render(): React.ReactNode {
    const { failed, where } = this.state;
    return failed ? (
      <Failure
        error={failed.error}
        where={where}
        onRetry={() => this.retryAll()}
      />
    ) : (
      this.props.children
    );
  }

  override componentWillUnmount(): void {
    ErrorBoundary.unloaded.delete(this);
  }

  /** What could not be loaded is missing for one reason: all of it is tried at once. */
  private retryAll(): void {
    const others = [...ErrorBoundary.unloaded];
    const all = others.includes(this) ? others : [this];
    all.forEach(one => one.retry());
  }

  private retry(): void {
    ErrorBoundary.unloaded.delete(this);
    this.props.onRetry?.();
    this.setState({ failed: null, where: '' });
  }

  private static readonly unloaded = new Set<ErrorBoundary>();
}

function Failure(props: {
  readonly error: unknown;
  readonly where: string;
  readonly onRetry: () => void;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { error, where, onRetry } = props;
  const problem = React.useMemo(() => failureOf(error, where), [error, where]);
  return (
    <div className="nbm-Failure">
      <ProblemBox problem={problem} />
      <div className="nbm-Actions">
        <button
          type="button"
          className="nbm-Button nbm-mod-text"
          onClick={onRetry}
        >
          {trans.__('Try again')}
        </button>
        <button
          type="button"
          className="nbm-Button nbm-mod-text"
          onClick={() => window.location.reload()}
        >
          {trans.__('Reload the page')}
        </button>
      </div>
    </div>
  );
}

/** What is said of something that was thrown; `where` are the components that were drawn. */
function failureOf(error: unknown, where: string): Problem {
  const found = problemOf(error);
  if (error instanceof LoadError) {
    return found;
  }
  return {
    message: said('This cannot be shown: %1', String(found.message)),
    cure: said(
      'Try again, or reload the page. If it comes back, report it with the details.'
    ),
    details: [found.details, where.trim()].filter(Boolean).join('\n')
  };
}
