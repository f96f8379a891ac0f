// Generated from nbmlops/server/responses.py by `make contract`. Do not edit.
// Times are ISO 8601 strings; a number that is not finite (NaN, infinity) arrives as null.

/**
 * Bytes kept with an execution or a run. `size` is in bytes.
 *
 * `object` is their hash; empty after a collection has removed them.
 */
export interface Artifact {
  readonly media_type: string;
  readonly name: string;
  readonly object: string;
  readonly size: number;
}

/**
 * One time that a run began to execute; `status` and `failure` say how it ended.
 */
export interface Attempt {
  readonly ended_at: string;
  readonly failure: Failure | null;
  readonly number: number;
  readonly started_at: string;
  readonly status: RunStatus;
}

/**
 * What became of a call of a schedule, and the key under which it is kept.
 */
export interface CallResponse {
  readonly key: string;
  readonly message: string;
  readonly schema: 'nbmlops.call/1';
}

/**
 * One named thing that differs; `None` where it is absent on that side.
 */
export interface Change {
  readonly after: string | null;
  readonly before: string | null;
  readonly name: string;
}

/**
 * What the cells of a column range over, or the numbers of an array, which has no name.
 *
 * `nulls` and `distinct` (without nulls) are counts; `minimum` and `maximum` are texts.
 * Each is `None` where it does not apply; `note` says why a column was not looked into.
 */
export interface ColumnProfile {
  readonly distinct: number | null;
  readonly kind: string;
  readonly maximum: string | null;
  readonly mean: number | null;
  readonly minimum: string | null;
  readonly name: string;
  readonly note: string | null;
  readonly nulls: number | null;
}

/**
 * Two versions of a step side by side.
 */
export interface DiffResponse {
  readonly diff: VersionDiff;
  readonly schema: 'nbmlops.diff/1';
}

/**
 * Why a request failed, in one sentence, and what to do about it.
 */
export interface ErrorResponse {
  readonly cure: string | null;
  readonly message: string;
}

/**
 * How an execution ended.
 */
export type ExecutionStatus = 'error' | 'interrupted' | 'ok';

/**
 * Why an execution or a run ended badly. `line` is 1-based within the cell.
 */
export interface Failure {
  readonly cell_id: string | null;
  readonly cell_index: number | null;
  readonly kind: string;
  readonly line: number | null;
  readonly message: string;
  readonly step: string | null;
  readonly traceback: string;
}

/**
 * How the cells that are steps stand to the notebook as it is now, in notebook order.
 */
export interface FreshnessResponse {
  readonly notebook: string;
  readonly schema: 'nbmlops.freshness/1';
  readonly steps: ReadonlyArray<Standing>;
}

/**
 * An input of which the kernel holds another value than was used, left by an execution.
 */
export interface Held {
  readonly by: number;
  readonly detail: string;
  readonly name: string;
}

/**
 * What a run of a pipeline version takes, as JSON Schema, from which a form can be made.
 */
export interface ParametersResponse {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly reference: string;
  readonly schema: 'nbmlops.parameters/1';
}

/**
 * Why a result is stale; `detail` says it in a few words, `cause` is the cell behind it.
 *
 * `cause` is a step's name, `cell 4`, a path or a name; `None` where it is the cell itself.
 */
export interface Reason {
  readonly cause: string | null;
  readonly detail: string;
  readonly kind: 'definition' | 'edited' | 'failed' | 'file' | 'named' | 'parameter' | 'rerun' | 'restored' | 'unmade' | 'upstream';
}

/**
 * A result that a step reported under a name; `type` is that of the Python value.
 *
 * `value` is its JSON form; `None` for a frame, a figure or a file, which is an `artifact`,
 * or, where it was not kept, neither, with the `reason`.
 */
export interface ReportedOutput {
  readonly artifact: Artifact | null;
  readonly name: string;
  readonly reason: string | null;
  readonly type: string;
  readonly value: unknown;
}

/**
 * A run of a pipeline version; `trigger` is `manual` or `schedule:ID`.
 *
 * `metrics` holds the last value of each metric that its steps reported, `outputs` the last
 * of the results that they reported under each name; `goes_on_with` is
 * the run that it resumed, `flights#2`. `attempts` is empty where it needed one only;
 * `cancelled_by` is who asked it to stop with `cancel`.
 */
export interface Run {
  readonly artifacts: ReadonlyArray<Artifact>;
  readonly attempts: ReadonlyArray<Attempt>;
  readonly author: string;
  readonly cancelled_by: string | null;
  readonly ended_at: string | null;
  readonly failure: Failure | null;
  readonly goes_on_with: string | null;
  readonly id: number;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly number: number;
  readonly outputs: Readonly<Record<string, ReportedOutput>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly pipeline: string;
  readonly rules: RunRules;
  readonly started_at: string;
  readonly status: RunStatus;
  readonly trigger: string;
  readonly version: number;
  readonly version_id: number;
  readonly warnings: ReadonlyArray<string>;
}

/**
 * Where a run stands; `run` is its reference, `notebook` relative to the server's root.
 *
 * `step`, `cell` of `cells` (1-based) and the last `line` that it printed are those of
 * the cell that runs; `None` before the first one, and once the run has ended. `done` cells
 * have ended. `seconds` is how long the run has taken so far.
 */
export interface RunEvent {
  readonly cell: number | null;
  readonly cells: number | null;
  readonly done: number;
  readonly line: string | null;
  readonly notebook: string;
  readonly number: number;
  readonly pipeline: string;
  readonly run: string;
  readonly seconds: number | null;
  readonly state: RunStatus;
  readonly step: string | null;
}

/**
 * What a run keeps to; `None` where nothing was said.
 *
 * Attributes:
 * timeout: seconds for the whole run, with all its attempts and the pauses between them.
 * step_timeout: seconds for one attempt at each step.
 * cell_timeout: seconds for each cell.
 * retries: how many more times a step that fails is tried.
 * retry_delay: seconds before the second attempt; each further pause is twice as long.
 * keep_going: whether steps that do not depend on one that failed run all the same.
 * no_cache: whether every step runs, whatever is recorded; of the runs of a schedule.
 * force: steps that run whatever is recorded, likewise.
 * only: the steps that a part of a pipeline is for, which runs by itself.
 */
export interface RunRules {
  readonly cell_timeout: number | null;
  readonly force: ReadonlyArray<string> | null;
  readonly keep_going: boolean | null;
  readonly no_cache: boolean | null;
  readonly only: ReadonlyArray<string> | null;
  readonly retries: number | null;
  readonly retry_delay: number | null;
  readonly step_timeout: number | null;
  readonly timeout: number | null;
}

/**
 * Where a run stands. `LOST` is a run whose process vanished.
 */
export type RunStatus = 'cancelled' | 'failed' | 'lost' | 'running' | 'succeeded';

/**
 * The newest pipeline runs of a notebook, newest first.
 */
export interface RunsResponse {
  readonly runs: ReadonlyArray<Run>;
  readonly schema: 'nbmlops.runs/1';
}

/**
 * How one cell stands. `title` is the step's name, or `cell 4`, counted from 1.
 *
 * `execution` is the latest that counts, with the version that it was of (`train@2`) and
 * when it ran; `None` where there was none. `held` are the inputs of which the kernel holds
 * another value by now: what the cell left follows from the notebook all the same. `named_in`
 * are the cells that have the step's name, counted from 1, where these are several: they stand
 * as one. `others_above` is how many more cells above must run again than `reasons` name,
 * which are the nearest and those with which it begins.
 */
export interface Standing {
  readonly cell_id: string;
  readonly execution: number | null;
  readonly held: ReadonlyArray<Held>;
  readonly named_in: ReadonlyArray<number>;
  readonly others_above: number;
  readonly ran_at: string | null;
  readonly reasons: ReadonlyArray<Reason>;
  readonly state: State;
  readonly step: string | null;
  readonly title: string;
  readonly version: string | null;
}

/**
 * How the latest result of a cell stands to the notebook as it is now.
 *
 * `UNRECORDED` is an unnamed cell of which no execution is known: nothing can be said of it.
 */
export type State = 'failed' | 'fresh' | 'never run' | 'not recorded' | 'stale';

/**
 * That the server extension is there, and which version of it.
 */
export interface StatusResponse {
  readonly schema: 'nbmlops.status/1';
  readonly version: string;
}

/**
 * A step with its versions, newest first.
 */
export interface StepHistory {
  readonly name: string;
  readonly versions: ReadonlyArray<VersionRow>;
}

/**
 * The steps of a notebook, in the order in which they were first run.
 *
 * `notebook` is the path relative to the server's root, as it was asked for; `recorded` is
 * false where nothing was ever recorded in the notebook's folder.
 */
export interface StepsResponse {
  readonly notebook: string;
  readonly recorded: boolean;
  readonly schema: 'nbmlops.steps/1';
  readonly steps: ReadonlyArray<StepHistory>;
}

/**
 * What a value of a step looks like inside, as short texts.
 *
 * `head` has the first cells of the first rows of a frame or an array, `columns` the
 * profiles of the first columns; `items` the first items of a container, the fields of a
 * dataclass, or the parameters of an estimator, by name.
 */
export interface ValuePreview {
  readonly columns: ReadonlyArray<ColumnProfile>;
  readonly head: ReadonlyArray<ReadonlyArray<string>>;
  readonly items: ReadonlyArray<readonly [string, string]>;
}

/**
 * One named input or output of an execution.
 *
 * `fingerprint` is equal for equal content; `None` when it could not be taken.
 * `manifest` is the hash of the stored object; `None` when the content was not kept, and
 * `reason` then says why. With both, `reason` says what is not as it was.
 */
export interface ValueRecord {
  readonly fingerprint: string | null;
  readonly manifest: string | null;
  readonly name: string;
  readonly reason: string | null;
  readonly summary: ValueSummary;
}

/**
 * What can be said of a value without loading it.
 *
 * `kind` is the qualified type name; `shape` is in elements per axis (rows, columns for a
 * frame); `size` is in bytes; `columns` maps a column to its dtype; `text` is a repr cut
 * to a few hundred characters. `preview` is set for the outputs of steps that have an inside.
 * `order` tells values of equal content apart whose dicts are in another order; `None` where
 * it was not taken.
 */
export interface ValueSummary {
  readonly columns: Readonly<Record<string, string>>;
  readonly kind: string;
  readonly order: string | null;
  readonly preview: ValuePreview | null;
  readonly shape: ReadonlyArray<number> | null;
  readonly size: number | null;
  readonly text: string;
}

/**
 * What one version made, as it was recorded: no value is loaded for it.
 *
 * `values` are the outputs of the execution that speaks for the version.
 */
export interface ValuesResponse {
  readonly reference: string;
  readonly schema: 'nbmlops.values/1';
  readonly values: ReadonlyArray<ValueRecord>;
}

/**
 * What a re-execution showed.
 *
 * Of several outputs, the worst of those that have content to compare counts.
 */
export type Verdict = 'different' | 'identical' | 'not comparable' | 'within tolerance';

/**
 * Two versions side by side; only what changed is listed.
 *
 * `source` is a unified diff, empty where the source is the same. Inputs, outputs, metrics,
 * parameters, files, other accesses and environment are those of the latest execution of each
 * version.
 */
export interface VersionDiff {
  readonly after: string;
  readonly after_source: string;
  readonly before: string;
  readonly before_source: string;
  readonly definitions: ReadonlyArray<Change>;
  readonly environment: ReadonlyArray<Change>;
  readonly externals: ReadonlyArray<Change>;
  readonly files: ReadonlyArray<Change>;
  readonly inputs: ReadonlyArray<Change>;
  readonly metrics: ReadonlyArray<Change>;
  readonly outputs: ReadonlyArray<Change>;
  readonly parameters: ReadonlyArray<Change>;
  readonly source: string;
}

/**
 * The code of one version; `definitions` maps what it uses of the notebook to its source.
 */
export interface VersionResponse {
  readonly definitions: Readonly<Record<string, string>>;
  readonly reference: string;
  readonly schema: 'nbmlops.version/1';
  readonly source: string;
}

/**
 * One line of `versions`: a version with the execution that speaks for it, flat.
 *
 * `changed` says in a few words what differs from the version before; `status` and what
 * follows are those of the latest execution that succeeded in the notebook, else in a pipeline
 * run, else of the latest; `None` where there was none. `run` is the reference of the
 * pipeline run that made it, `None` for an interactive one. `duration` is in seconds.
 * `inputs_note` says why its inputs are not fully known, `None` where they are.
 * `last_status` is that of the very latest execution; `verified` the verdict of the latest
 * verification, `None` where there was none, and `verified_why` what that one told.
 */
export interface VersionRow {
  readonly author: string;
  readonly changed: string;
  readonly created_at: string;
  readonly digest: string;
  readonly duration: number | null;
  readonly executions: number;
  readonly inputs_note: string | null;
  readonly last_status: ExecutionStatus | null;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly notebook: string;
  readonly number: number;
  readonly reference: string;
  readonly run: string | null;
  readonly started_at: string | null;
  readonly status: ExecutionStatus | null;
  readonly step: string;
  readonly verified: Verdict | null;
  readonly verified_why: string;
}
