import { ApiError } from '../api/client';
import { said } from '../api/sentence';

/**
 * A part of the front end that could not be fetched: the server is gone, or serves another version.
 */
export class LoadError extends ApiError {
  constructor(cause: unknown) {
    super(
      said('A part of nbmlops could not be loaded.'),
      said(
        'See that the server runs, then try again. If nbmlops was upgraded meanwhile, reload the page.'
      ),
      null,
      null,
      String(cause)
    );
  }
}

/** Fetch a part of the front end; rejects with a `LoadError`, and may be called again then. */
export async function loaded<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw error instanceof ApiError ? error : new LoadError(error);
  }
}

/** Fetched and made once for all who ask; after a failure anew for who asks next. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= loaded(make).catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}
