import { ApiError } from '../api/client';
import type { MlopsApi } from '../api/client';
import { said } from '../api/sentence';
import type { OpenNotebook } from './notebook';

/**
 * What became of a restoration: the source is in a new cell; the kernel is asked for the values;
 * it has answered.
 */
export type Restoration =
  | { readonly kind: 'source'; readonly reference: string }
  | { readonly kind: 'waiting'; readonly reference: string }
  | { readonly kind: 'values'; readonly answer: string };

/** What of a version is put back. */
export type Part = 'source' | 'values' | 'both';

/**
 * Insert the source of a version as a new cell below the step's cell.
 *
 * Rejects with an `ApiError`.
 */
export async function insertSource(
  api: Pick<MlopsApi, 'version'>,
  notebook: OpenNotebook,
  step: string,
  number: number
): Promise<Restoration> {
  if (notebook.putBack) {
    const answer = await notebook.putBack(step, number, 'source');
    return { kind: 'values', answer };
  }
  const version = await api.version(notebook.path, step, number);
  if (!notebook.insertBelow(step, version.source)) {
    throw new ApiError(
      said('The notebook is read-only.'),
      said('Save a copy of it and restore there.'),
      null
    );
  }
  return { kind: 'source', reference: version.reference };
}

/**
 * Put what a version made back into the notebook's kernel, with its source or without.
 *
 * Rejects with a `KernelError` or an `ApiError`.
 */
export async function bringBack(
  notebook: OpenNotebook,
  step: string,
  number: number,
  part: 'values' | 'both'
): Promise<Restoration> {
  if (notebook.putBack) {
    const answer = await notebook.putBack(step, number, 'values');
    return { kind: 'values', answer };
  }
  const line = `%mlops restore ${step}@${number} --values`;
  const answer =
    part === 'both'
      ? await notebook.run(line, step)
      : await notebook.run(`${line} --no-source`);
  return { kind: 'values', answer };
}
