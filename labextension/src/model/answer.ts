import { KernelError } from './notebook';

/**
 * How a kernel ended a line, as its reply says.
 */
export interface KernelReply {
  readonly status: 'ok' | 'error' | 'abort' | 'aborted';
  readonly evalue?: string;
  readonly payload?: ReadonlyArray<Readonly<Record<string, unknown>>>;
}

/** IPython's words for a verb that it does not know: nothing of ours has run. */
const NOT_LOADED = /magic function .*%mlops.* not found/;

/**
 * What a kernel answered to a line, of the texts that it displayed and how it ended.
 *
 * Throws a `KernelError` where it refused, or never came to it.
 */
export function answerOf(shown: readonly string[], reply: KernelReply): string {
  if (reply.status === 'ok') {
    return shown.join('\n');
  }
  if (reply.status !== 'error') {
    throw new KernelError(
      'The kernel did not come to it.',
      'Try again once it is idle.'
    );
  }
  if (NOT_LOADED.test(reply.evalue ?? '')) {
    throw new KernelError(
      'nbmlops is not loaded in this kernel.',
      'Run %load_ext nbmlops in a cell, and try again.'
    );
  }
  throw new KernelError(reply.evalue ?? 'The kernel failed.', null);
}
