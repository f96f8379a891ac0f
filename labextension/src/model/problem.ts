import { ApiError } from '../api/client';
import type { Sentence } from '../api/sentence';
import { KernelError } from './notebook';

/**
 * Something that went wrong, in one sentence, and what to do about it. `details` are what a report
 * of it should hold, in English.
 */
export interface Problem {
  readonly message: string | Sentence;
  readonly cure: string | Sentence | null;
  readonly details: string;
}

/** Whatever was thrown, as a problem that can be shown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError || error instanceof KernelError) {
    const { sentence, cure } = error;
    return { message: sentence, cure, details: detailsOf(error) };
  }
  return { message: String(error), cure: null, details: detailsOf(error) };
}

function detailsOf(error: unknown): string {
  const lines = [String(error instanceof Error ? error.message : error)];
  if (error instanceof ApiError || error instanceof KernelError) {
    lines.push(String(error.cure ?? ''));
  } else if (error instanceof Error) {
    lines.push(error.stack ?? '');
  }
  if (error instanceof ApiError) {
    const status = error.status === null ? '' : ` (${error.status})`;
    lines.push(error.asked === null ? '' : error.asked + status);
  }
  lines.push(new Date().toISOString());
  return lines.filter(Boolean).join('\n');
}
