import { ApiError } from '../api/client';
import { KernelError } from './notebook';

/**
 * Something that went wrong, in one sentence, and what to do about it.
 */
export interface Problem {
  readonly message: string;
  readonly cure: string | null;
}

/** Whatever was thrown, as a problem that can be shown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError || error instanceof KernelError) {
    return { message: error.message, cure: error.cure };
  }
  return { message: String(error), cure: null };
}
