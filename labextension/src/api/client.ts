import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type {
  DiffResponse,
  ErrorResponse,
  ExecutionStatus,
  ExecutionsResponse,
  FigureResponse,
  FreshnessResponse,
  PipelineRunsResponse,
  RunDiffResponse,
  RunsResponse,
  RunStatus,
  NotebooksResponse,
  StepsResponse,
  ValuesResponse,
  VersionResponse
} from '../contract/wire';
import { said } from './sentence';
import type { Sentence } from './sentence';

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
 * Which executions of a project are asked for; see `ExecutionsResponse`.
 */
export interface ExecutionsQuestion {
  readonly at: string;
  readonly only?: boolean | undefined;
  readonly sort?:
    | 'recorded'
    | 'started'
    | 'duration'
    | 'step'
    | 'status'
    | 'author'
    | 'metric'
    | undefined;
  readonly descending?: boolean | undefined;
  readonly text?: string | undefined;
  readonly status?: ExecutionStatus | undefined;
  readonly metric?: string | undefined;
  readonly upto?: number | undefined;
  readonly after?: string | undefined;
  readonly skip?: number | undefined;
  readonly limit?: number | undefined;
}

/**
 * What a table of executions asks the server for. Every method rejects with an `ApiError`.
 */
export interface ExecutionsApi {
  executions(question: ExecutionsQuestion): Promise<ExecutionsResponse>;
  diff: MlopsApi['diff'];
}

/**
 * Which runs of a project are asked for; see `PipelineRunsResponse`.
 */
export interface RunsQuestion {
  readonly at: string;
  readonly only?: boolean | undefined;
  readonly sort?:
    | 'recorded'
    | 'started'
    | 'duration'
    | 'pipeline'
    | 'status'
    | 'author'
    | 'metric'
    | undefined;
  readonly descending?: boolean | undefined;
  readonly text?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly metric?: string | undefined;
  readonly upto?: number | undefined;
  readonly after?: string | undefined;
  readonly skip?: number | undefined;
  readonly limit?: number | undefined;
}

/**
 * What a table of runs asks the server for; runs are references. Every method rejects with an
 * `ApiError`.
 */
export interface ProjectRunsApi {
  pipelineRuns(question: RunsQuestion): Promise<PipelineRunsResponse>;
  runDiff(at: string, before: string, after: string): Promise<RunDiffResponse>;
}

/** Two versions of a step of a notebook, the older one first. */
export interface VersionPair {
  readonly notebook: string;
  readonly step: string;
  readonly before: number;
  readonly after: number;
}

/**
 * What a comparison of versions asks the server for. Every method rejects with an `ApiError`.
 */
export interface ComparisonApi {
  steps: MlopsApi['steps'];
  version: MlopsApi['version'];

  /** What differs, also inside of the values that they made. */
  inside(pair: VersionPair): Promise<DiffResponse>;

  /** A figure that differs, of both. */
  figure(pair: VersionPair, figure: string): Promise<FigureResponse>;
}

/**
 * A request that failed: one sentence and, where there is one, its cure.
 *
 * `status` is the HTTP status, or `null` when no answer came; `field` is what of the sent body is
 * wrong, where it is one field; `asked` is the request, where there was one.
 */
export class ApiError extends Error {
  constructor(
    readonly sentence: string | Sentence,
    readonly cure: string | Sentence | null,
    readonly status: number | null,
    readonly field: string | null = null,
    readonly asked: string | null = null
  ) {
    super(String(sentence));
  }
}

/**
 * The server's endpoints; the only place that sends requests.
 */
export class MlopsClient
  implements MlopsApi, ExecutionsApi, ProjectRunsApi, ComparisonApi
{
  constructor(private readonly settings: ServerConnection.ISettings) {}

  notebooks(notebook: string): Promise<NotebooksResponse> {
    return this.get('notebooks', { notebook });
  }

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

  inside(pair: VersionPair): Promise<DiffResponse> {
    return this.get('diff', given({ ...pair, inside: true }));
  }

  figure(pair: VersionPair, figure: string): Promise<FigureResponse> {
    return this.get('figure', given({ ...pair, figure }));
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

  executions(question: ExecutionsQuestion): Promise<ExecutionsResponse> {
    return this.get('executions', given(question));
  }

  pipelineRuns(question: RunsQuestion): Promise<PipelineRunsResponse> {
    return this.get('pipeline-runs', given(question));
  }

  runDiff(at: string, before: string, after: string): Promise<RunDiffResponse> {
    return this.get('run-diff', { at, before, after });
  }

  private get<T>(endpoint: string, query: Query): Promise<T> {
    return request<T>(this.settings, endpoint, query);
  }
}

/** What of a question is not left out. */
function given(question: object): Query {
  const found = Object.entries(question).filter(
    ([, value]) => value !== undefined && value !== ''
  );
  return Object.fromEntries(
    found.map(([name, value]) => [name, String(value)])
  );
}

/** The arguments of a request, by name. */
export type Query = Readonly<Record<string, string>>;

/**
 * Ask an endpoint for something, or, where there is a body, to do something.
 *
 * Rejects with an `ApiError`.
 */
export async function request<T>(
  settings: ServerConnection.ISettings,
  endpoint: string,
  query: Query,
  body?: object
): Promise<T> {
  const address =
    URLExt.join(settings.baseUrl, 'nbmlops', 'api', endpoint) +
    URLExt.objectToQueryString(query);
  const headers = { 'Accept-Language': document.documentElement.lang || 'en' };
  const sent = body
    ? { headers, method: 'POST', body: JSON.stringify(body) }
    : { headers };
  const response = await send(address, sent, settings);
  if (!response.ok) {
    throw await refusal(response, requested(address, sent));
  }
  return (await response.json()) as T;
}

async function send(
  address: string,
  sent: RequestInit,
  settings: ServerConnection.ISettings
): Promise<Response> {
  try {
    return await ServerConnection.makeRequest(address, sent, settings);
  } catch (error) {
    const why = error instanceof Error ? `: ${error.message}` : '';
    throw new ApiError(
      said('The Jupyter server does not answer.'),
      said(
        'See that it runs and that the network leads there, then try again.'
      ),
      null,
      null,
      requested(address, sent) + why
    );
  }
}

/** A request as a log has it: the method and the address, which holds no secret. */
function requested(address: string, { method }: RequestInit): string {
  return `${method ?? 'GET'} ${address}`;
}

async function refusal(response: Response, asked: string): Promise<ApiError> {
  const { status, statusText } = response;
  const body = await errorBody(response);
  if (body?.message) {
    const { message, cure, field } = body;
    return new ApiError(message, cure ?? null, status, field ?? null, asked);
  }
  if (status === 404) {
    return new ApiError(
      said('The server extension of nbmlops is not running.'),
      said('See what stops it with: %1', 'jupyter server extension list'),
      status,
      null,
      asked
    );
  }
  const told = `${status} ${statusText}`.trim();
  return new ApiError(
    said('The server answered %1.', told),
    null,
    status,
    null,
    asked
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
