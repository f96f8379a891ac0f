import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type {
  DiffResponse,
  ErrorResponse,
  FreshnessResponse,
  RunsResponse,
  StepsResponse,
  ValuesResponse,
  VersionResponse
} from '../contract/wire';

/**
 * What the front end asks the server for. Paths are relative to the server's root.
 *
 * Every method rejects with an `ApiError`.
 */
export interface MlopsApi {
  steps(notebook: string): Promise<StepsResponse>;
  freshness(notebook: string): Promise<FreshnessResponse>;
  runs(notebook: string): Promise<RunsResponse>;
  diff(
    notebook: string,
    step: string,
    before: number,
    after: number
  ): Promise<DiffResponse>;
  version(
    notebook: string,
    step: string,
    number: number
  ): Promise<VersionResponse>;
  values(
    notebook: string,
    step: string,
    number: number
  ): Promise<ValuesResponse>;
}

/**
 * A request that failed: one sentence and, where there is one, its cure.
 *
 * `status` is the HTTP status, or `null` when no answer came.
 */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly cure: string | null,
    readonly status: number | null
  ) {
    super(message);
  }
}

/**
 * The server's endpoints; the only place that sends requests.
 */
export class MlopsClient implements MlopsApi {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  steps(notebook: string): Promise<StepsResponse> {
    return this.get('steps', { notebook });
  }

  freshness(notebook: string): Promise<FreshnessResponse> {
    return this.get('freshness', { notebook });
  }

  runs(notebook: string): Promise<RunsResponse> {
    return this.get('runs', { notebook });
  }

  diff(
    notebook: string,
    step: string,
    before: number,
    after: number
  ): Promise<DiffResponse> {
    return this.get('diff', {
      notebook,
      step,
      before: String(before),
      after: String(after)
    });
  }

  version(
    notebook: string,
    step: string,
    number: number
  ): Promise<VersionResponse> {
    return this.get('version', { notebook, step, number: String(number) });
  }

  values(
    notebook: string,
    step: string,
    number: number
  ): Promise<ValuesResponse> {
    return this.get('values', { notebook, step, number: String(number) });
  }

  private async get<T>(
    endpoint: string,
    query: Record<string, string>
  ): Promise<T> {
    const address =
      URLExt.join(this.settings.baseUrl, 'nbmlops', 'api', endpoint) +
      URLExt.objectToQueryString(query);
    const response = await this.send(address);
    if (!response.ok) {
      throw await refusal(response);
    }
    return (await response.json()) as T;
  }

  private async send(address: string): Promise<Response> {
    try {
      return await ServerConnection.makeRequest(address, {}, this.settings);
    } catch (error) {
      throw new ApiError(
        'The Jupyter server does not answer.',
        error instanceof Error ? error.message : null,
        null
      );
    }
  }
}

async function refusal(response: Response): Promise<ApiError> {
  const body = await errorBody(response);
  if (body?.message) {
    return new ApiError(body.message, body.cure ?? null, response.status);
  }
  if (response.status === 404) {
    return new ApiError(
      'The server extension of nbmlops is not running.',
      'See what stops it with: jupyter server extension list',
      response.status
    );
  }
  return new ApiError(
    `The server answered ${response.status} ${response.statusText}.`,
    null,
    response.status
  );
}

/** The body of a failed request, unless it comes from a proxy that speaks something else. */
async function errorBody(
  response: Response
): Promise<Partial<ErrorResponse> | null> {
  try {
    return (await response.json()) as Partial<ErrorResponse> | null;
  } catch {
    return null;
  }
}
