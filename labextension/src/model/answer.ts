import { said } from '../api/sentence';
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
      said('The kernel did not come to it.'),
      said('Try again once it is idle.')
    );
  }
  if (NOT_LOADED.test(reply.evalue ?? '')) {
    throw new KernelError(
      said('nbmlops is not loaded in this kernel.'),
      said('Run %1 in a cell, and try again.', '%load_ext nbmlops')
    );
  }
  throw new KernelError(reply.evalue || said('The kernel failed.'), null);
}

/** What a cell has shown, as far as it matters here. */
export interface Shown {
  readonly output_type: string;
  readonly text?: unknown;
}

/** IPython's answer to who loads an extension that is there, and nothing else. */
const LOADED_ALREADY =
  /^The nbmlops extension is already loaded\.[^\n]*\n?\s*%reload_ext nbmlops\s*$/;

/** What a cell has shown, without that nbmlops was loaded before. */
export function withoutLoaded<T extends Shown>(outputs: readonly T[]): T[] {
  return outputs.filter(({ output_type, text }) => {
    const lines: unknown[] = Array.isArray(text) ? text : [text];
    return output_type !== 'stream' || !LOADED_ALREADY.test(lines.join(''));
  });
}
