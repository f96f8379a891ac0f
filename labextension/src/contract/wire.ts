// Generated from nbmlops/server/responses.py by `make contract`. Do not edit.
// Times are ISO 8601 strings.

/** A number that JSON cannot write. */
export type NotFinite = 'NaN' | 'Infinity' | '-Infinity';

/**
 * What people are told of a schedule or a run, as channels tell it; `id` is the same there.
 *
 * `notebook` is that of the pipeline, relative to the server's root. `run` is the run of the
 * due time that it is about, `None` where none began; `message` why, in one sentence, empty
 * where there is nothing to add. `count` due times in a row had failed since `since`, or runs
 * had found drift; `schedule` is `None` of a run by hand.
 */
export interface AlertEvent {
  readonly at: string;
  readonly count: number;
  readonly due_at: string | null;
  readonly id: string;
  readonly kind: NoticeKind;
  readonly message: string;
  readonly notebook: string;
  readonly pipeline: string;
  readonly run: string | null;
  readonly schedule: number | null;
  readonly since: string | null;
  readonly version: number;
}

/**
 * What waits for a decision in a notebook's project, what was built last first.
 *
 * `returned` are versions that wait for their author instead. `identity` is as whom the
 * reader would decide; `required` whether only approved versions may be scheduled.
 */
export interface ApprovalsResponse {
  readonly identity: string;
  readonly project: string;
  readonly required: boolean;
  readonly returned: ReadonlyArray<Returned>;
  readonly schema: 'nbmlops.approvals/1';
  readonly waiting: ReadonlyArray<Waiting>;
}

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
 * A schedule as it could be asked for again: what a form begins with that changes it.
 */
export interface AskedScheduleResponse {
  readonly asked: NewSchedule;
  readonly id: number;
  readonly reference: string;
  readonly schema: 'nbmlops.asked-schedule/1';
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
 * A backfill: how many of its due times stand where, by their status.
 */
export interface BackfillRow {
  readonly counts: Readonly<Record<string, number>>;
  readonly id: number;
  readonly paused: boolean;
  readonly reference: string;
  readonly step: string;
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
 * A cell of two versions; a cell that has moved is removed in one place and added in another.
 *
 * `title` is the step's name, or `cell 4`, counted from 1, with that of the earlier version
 * where it is another one. `cell_id` is that of the later version, `None` for one that is
 * removed. `before` and `after` are sources, `None` where the cell is not.
 */
export interface CellChange {
  readonly after: string | null;
  readonly before: string | null;
  readonly cell_id: string | null;
  readonly state: 'added' | 'changed' | 'removed' | 'same';
  readonly title: string;
}

/**
 * A cell of two executed notebooks that is not the same in both.
 *
 * `before` and `after` are its numbers there, counted from 1; `None` where there is no such
 * cell. `source` and `displayed` are unified diffs, of its code and of the text that it
 * displayed; `why` says in words how its displays differ, or that it ran in one of both only.
 */
export interface CellDifference {
  readonly after: number | null;
  readonly before: number | null;
  readonly displayed: string;
  readonly source: string;
  readonly title: string;
  readonly why: string;
}

/**
 * What becomes of a cell in a run.
 *
 * `MAY_RUN` waits for what a cell above will make: an equal value, and it is cached after all.
 * `SKIPPED` is an unnamed cell that nothing needs which runs.
 */
export type CellPlan = 'cached' | 'may run' | 'runs' | 'skipped';

/**
 * A decision on a cell of a pipeline version, with its comment.
 *
 * `title` is the step's name, or `cell 4`, counted from 1; `digest` that of the cell as it
 * was in the version `reference`. It holds for every version that has the cell like this.
 */
export interface CellReview {
  readonly author: string;
  readonly cell_id: string;
  readonly comment: string;
  readonly decided_at: string;
  readonly decision: 'approved' | 'changes requested';
  readonly digest: string;
  readonly reference: string;
  readonly title: string;
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
 * That something is to be read again of a project, which answers name likewise.
 *
 * `pipelines` were built or decided on; `schedules` were made or changed, or something was
 * due; `datasets` were pinned or deleted.
 */
export interface ChangedEvent {
  readonly datasets: boolean;
  readonly pipelines: boolean;
  readonly project: string;
  readonly schedules: boolean;
}

/**
 * Something that was checked of a version: its proof, a test, the repetition of a step.
 *
 * `passed` is `None` where it was not checked. `required` is whether the project's policy
 * asks for it.
 */
export interface Check {
  readonly name: string;
  readonly passed: boolean | null;
  readonly required: boolean;
  readonly told: string;
}

/**
 * A column of which `cells` values changed, of rows that correspond.
 *
 * For numbers, `mean` and `largest` are those of the absolute differences.
 */
export interface ColumnDifference {
  readonly cells: number;
  readonly largest: number | NotFinite | null;
  readonly mean: number | NotFinite | null;
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
  readonly mean: number | NotFinite | null;
  readonly minimum: string | null;
  readonly name: string;
  readonly note: string | null;
  readonly nulls: number | null;
}

/**
 * The frames, other values and figures that differ between two versions.
 */
export interface ContentDifference {
  readonly frames: ReadonlyArray<FrameDifference>;
  readonly others: ReadonlyArray<ValueDifference>;
  readonly pictures: ReadonlyArray<PictureDifference>;
}

/**
 * Two versions of data sets compared: the first differences, of `total`.
 */
export interface DatasetDiffResponse {
  readonly after: string;
  readonly before: string;
  readonly differences: ReadonlyArray<MemberDifference>;
  readonly same: number;
  readonly schema: 'nbmlops.dataset-diff/1';
  readonly total: number;
}

/**
 * One version of a data set: the first members, files before values, and who used them.
 */
export interface DatasetResponse {
  readonly members: ReadonlyArray<Member>;
  readonly schema: 'nbmlops.dataset/1';
  readonly uses: ReadonlyArray<DatasetUse>;
  readonly version: DatasetVersion;
}

/**
 * A data set with its newest versions, the latest first, of `total`.
 */
export interface DatasetRow {
  readonly name: string;
  readonly total: number;
  readonly versions: ReadonlyArray<DatasetVersion>;
}

/**
 * Who read what a data set holds, as it was recorded.
 *
 * `used_by` is a step version, or a notebook for its unnamed cells; `run` the run in which it
 * did, `None` for the notebook itself. `members` counts those whose very content was read.
 */
export interface DatasetUse {
  readonly executions: number;
  readonly last_at: string;
  readonly members: number;
  readonly notebook: string;
  readonly run: string | null;
  readonly used_by: string;
}

/**
 * One version of a data set, without its members.
 *
 * `files` and `values` count these; `size` is that of all in bytes, as far as known.
 * `source` is `None` where paths were pinned.
 */
export interface DatasetVersion {
  readonly author: string;
  readonly comment: string;
  readonly created_at: string;
  readonly digest: string;
  readonly files: number;
  readonly id: number;
  readonly left_out: ReadonlyArray<LeftOut>;
  readonly name: string;
  readonly number: number;
  readonly size: number;
  readonly source: Source | null;
  readonly values: number;
}

/**
 * The data sets of a notebook's project, what was pinned last first, of `total`.
 *
 * `undo` is the version whose restore can be taken back; `project` as in `PipelinesResponse`.
 */
export interface DatasetsResponse {
  readonly datasets: ReadonlyArray<DatasetRow>;
  readonly project: string;
  readonly schema: 'nbmlops.datasets/1';
  readonly total: number;
  readonly undo: string | null;
}

/**
 * A decision on a version: `approved`, `withdrawn` or `changes requested`.
 */
export interface Decided {
  readonly author: string;
  readonly comment: string;
  readonly decided_at: string;
  readonly decision: string;
}

/**
 * Two versions of a step side by side.
 *
 * `contents` is what differs inside of their values and figures; `None` unless asked for.
 */
export interface DiffResponse {
  readonly contents: ContentDifference | null;
  readonly diff: VersionDiff;
  readonly schema: 'nbmlops.diff/1';
}

/**
 * What became of something that was asked for, in one sentence.
 */
export interface DoneResponse {
  readonly message: string;
  readonly schema: 'nbmlops.done/1';
}

/**
 * Why a request failed, in one sentence, and what to do about it.
 *
 * `field` is the field of what was sent that is wrong: `cron`, `parameters.month`.
 */
export interface ErrorResponse {
  readonly cure: string | null;
  readonly field: string | null;
  readonly message: string;
}

/**
 * One line of `versions --executions`.
 *
 * `duration` is in seconds; `None` where the kernel ended first.
 */
export interface ExecutionRow {
  readonly author: string;
  readonly duration: number | NotFinite | null;
  readonly id: number;
  readonly metrics: Readonly<Record<string, number | NotFinite>>;
  readonly notebook: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly reference: string;
  readonly run: string | null;
  readonly started_at: string;
  readonly status: ExecutionStatus;
}

/**
 * How an execution ended.
 */
export type ExecutionStatus = 'error' | 'interrupted' | 'ok';

/**
 * A page of the executions of steps, as they were sorted and chosen.
 *
 * `recorded` is false where nothing was ever recorded in the folder. `notebook` of a row is
 * relative to the server's root. `total` is how many there are; the first page alone, which is
 * asked for without `upto`, tells it, as it does `metrics`, the names of all metrics.
 * `newest` is what later pages are asked for as `upto`, so that nothing moves while others
 * are recorded; `after` is where the next page begins, `None` behind the last one.
 */
export interface ExecutionsResponse {
  readonly after: string | null;
  readonly metrics: ReadonlyArray<string> | null;
  readonly newest: number;
  readonly recorded: boolean;
  readonly rows: ReadonlyArray<ExecutionRow>;
  readonly schema: 'nbmlops.executions/1';
  readonly total: number | null;
}

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
 * A figure in base64; `content` is `None` where it is too large to be sent.
 *
 * `size` is in bytes, `None` where the figure is not kept any more.
 */
export interface Figure {
  readonly content: string | null;
  readonly media_type: string;
  readonly size: number | null;
}

/**
 * A figure of two versions, `None` on a side that has none.
 *
 * `difference` is the second one, faded, with the pixels that differ in red; `None` where
 * these cannot be told.
 */
export interface FigureResponse {
  readonly after: Figure | null;
  readonly before: Figure | null;
  readonly difference: Figure | null;
  readonly name: string;
  readonly schema: 'nbmlops.figure/1';
}

/**
 * Something that looks like a credential.
 *
 * `where` is the title of the cell; `inside` what of it holds the line, which is 1-based.
 * `what` names the kind, never the text.
 */
export interface Finding {
  readonly inside: string;
  readonly line: number;
  readonly what: string;
  readonly where: string;
}

/**
 * The latest due time of a schedule; `run` is the reference of the run that it made.
 */
export interface FireResult {
  readonly due_at: string;
  readonly note: string | null;
  readonly run: string | null;
  readonly status: FireStatus;
}

/**
 * Where a due time stands.
 */
export type FireStatus = 'claimed' | 'due' | 'failed' | 'skipped' | 'succeeded';

/**
 * Two frames under one name.
 *
 * `schema` lists columns that came, went or changed their type; `rows` counts those before
 * and after. Where both have as many rows, `columns` compares them row by row, and
 * `rows_changed` counts the rows in which a column that both have differs; else
 * `rows_added` and `rows_removed` count the rows, by the content of the columns that both
 * have, that are in one of them only. `sample` are the first of the rows that differ, by the
 * columns `sampled`. `note` says why the content was not compared.
 */
export interface FrameDifference {
  readonly columns: ReadonlyArray<ColumnDifference>;
  readonly name: string;
  readonly note: string;
  readonly rows: readonly [number, number];
  readonly rows_added: number | null;
  readonly rows_changed: number | null;
  readonly rows_removed: number | null;
  readonly sample: ReadonlyArray<RowDifference>;
  readonly sampled: ReadonlyArray<string>;
  readonly schema: ReadonlyArray<Change>;
}

/**
 * How the cells that are steps stand to the notebook as it was saved, in notebook order.
 *
 * `saved_at` is when that was; `None` where nothing was recorded. `latest` is the newest
 * execution of the project that may be among what was read, 0 where there is none. `taken` are
 * the steps whose recorded results, of the version that is named, the newest run of the notebook
 * took, with its reference. `unapproved` are those whose cells were changed since a version with
 * them was approved, with the newest such version. `requested` are those of which somebody has
 * requested changes that the version that was built last does not have: who, and what is to
 * change.
 */
export interface FreshnessResponse {
  readonly latest: number;
  readonly notebook: string;
  readonly requested: Readonly<Record<string, string>>;
  readonly saved_at: string | null;
  readonly schema: 'nbmlops.freshness/1';
  readonly steps: ReadonlyArray<Standing>;
  readonly taken: Readonly<Record<string, string>>;
  readonly unapproved: Readonly<Record<string, string>>;
}

/**
 * What a step needs from another one; `through` are the layer and row of each bend.
 *
 * `certain` is false where a call might have changed the value, so that the order is kept.
 */
export interface GraphLink {
  readonly certain: boolean;
  readonly names: ReadonlyArray<string>;
  readonly source: string;
  readonly target: string;
  readonly through: ReadonlyArray<readonly [number, number]>;
}

/**
 * A step of a pipeline and where it is drawn; `layer` and `row` are 0-based.
 */
export interface GraphNode {
  readonly layer: number;
  readonly name: string;
  readonly row: number;
}

/**
 * An input of which the kernel, or the disk, holds another value than was used.
 *
 * `by` is the execution that left it, `name` a variable or the path of a file.
 */
export interface Held {
  readonly by: number;
  readonly detail: string;
  readonly name: string;
}

/**
 * An input that a step read, and that the data set could not take: `why` says the reason.
 */
export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

/**
 * One look at data.
 *
 * Attributes:
 * execution: the one that has looked.
 * step: the version of the step, `check@2`; `None` in a cell without a name.
 * run: the run that it was made or taken in, `flights#3`; `None` in the notebook.
 * at: when; where a run has taken the finding from the cache, when that run began.
 * judged: whether there was anything to compare.
 * drifted: how many columns had drifted.
 * furthest: the largest index, infinite where a column was gone or of another kind; `None`
 * where there is none.
 */
export interface Look {
  readonly at: string;
  readonly drifted: number;
  readonly execution: number;
  readonly furthest: number | NotFinite | null;
  readonly judged: boolean;
  readonly run: string | null;
  readonly step: string | null;
}

/**
 * A file or a value of a data set.
 *
 * `name` is the path of a file, relative to the project where it is inside and absolute
 * elsewhere, or the name of a value. `digest` is the SHA-256 of a file, the fingerprint of a
 * value; `size` is in bytes, `None` where it is not known. `object` is the key of a file's
 * bytes, `manifest` the stored value; empty where they are lost. `text` says what a value is.
 */
export interface Member {
  readonly digest: string;
  readonly kind: 'file' | 'value';
  readonly manifest: string | null;
  readonly name: string;
  readonly object: string | null;
  readonly size: number | null;
  readonly text: string;
}

/**
 * A member that two versions do not have alike; `None` on the side that has none.
 */
export interface MemberDifference {
  readonly after: Member | null;
  readonly before: Member | null;
  readonly change: 'added' | 'changed' | 'removed';
  readonly kind: 'file' | 'value';
  readonly name: string;
}

/**
 * A metric with another last value; `None` where it was not reported.
 */
export interface MetricChange {
  readonly after: number | NotFinite | null;
  readonly before: number | NotFinite | null;
  readonly name: string;
}

/**
 * Data that a cell looks at for drift: in the notebook, or in the runs that something starts.
 *
 * Attributes:
 * name: what the finding is called, `drift`.
 * step: the step that looks; `None` where its cell has no name.
 * cell_id: its cell.
 * pipeline: whose runs look; `None` in the notebook.
 * trigger: what starts these runs, `manual` or `schedule:7`; `None` in the notebook.
 * limit: the index beyond which a column has drifted.
 * checked: how many columns are looked for; `drifted` how many have drifted, and `judged`
 * whether there was anything to compare, at the latest look.
 * rows: how many there were at the latest look; `reference_rows` how many in the reference.
 * reference: how the reference was named; empty where it was given itself.
 * since: the first of the looks in a row that have found drift, of those that are known;
 * `None` where the latest has found none.
 * columns: those that are furthest away, the furthest first.
 * looks: the latest ones, the oldest first.
 */
export interface Monitor {
  readonly cell_id: string | null;
  readonly checked: number;
  readonly columns: ReadonlyArray<MonitoredColumn>;
  readonly drifted: number;
  readonly judged: boolean;
  readonly limit: number | NotFinite;
  readonly looks: ReadonlyArray<Look>;
  readonly name: string;
  readonly pipeline: string | null;
  readonly reference: string;
  readonly reference_rows: number;
  readonly rows: number;
  readonly since: string | null;
  readonly step: string | null;
  readonly trigger: string | null;
}

/**
 * A column as the latest look has found it.
 *
 * `index` is as `Look.furthest`, `indexes` that of each look, the oldest first. `note` is
 * what else there is to say of it.
 */
export interface MonitoredColumn {
  readonly drifted: boolean;
  readonly index: number | NotFinite | null;
  readonly indexes: ReadonlyArray<number | NotFinite | null>;
  readonly name: string;
  readonly note: string;
}

/**
 * What a notebook and the runs of its pipelines look at for drift, of `total`.
 *
 * What has drifted comes first, then what was looked at last; `project` as in
 * `PipelinesResponse`.
 */
export interface MonitorsResponse {
  readonly monitors: ReadonlyArray<Monitor>;
  readonly project: string;
  readonly schema: 'nbmlops.monitors/1';
  readonly total: number;
}

/**
 * A schedule that is to be made of the version of a pipeline that may be scheduled.
 *
 * What a schedule becomes that there is already is said likewise, as a whole: what is left out
 * of it is taken back. What a form does not say, such as a pool, stays as it was.
 *
 * `when` says when it fires; `cron` is one more expression of that. What is empty is not
 * said. `deadline` is a time of the day or a length of time; `max_age`
 * how long ago something may have been missed to be made up for.
 */
export interface NewSchedule {
  readonly cron: string;
  readonly deadline: string;
  readonly max_age: string;
  readonly missed: 'all' | 'latest' | 'skip';
  readonly overlap: 'cancel' | 'queue' | 'skip';
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly pipeline: string;
  readonly retries: number | null;
  readonly timeout: string;
  readonly timezone: string;
  readonly when: NewWhen;
}

/**
 * When a schedule is to fire, as the options of the command line have it.
 *
 * `every` are lengths of time, `at` points in time on the clock of the schedule, `after`
 * ends of other pipelines (`clean`, `clean:failed`), `on_change` patterns of files,
 * `metric` conditions such as `train.auc < 0.8`, `on_data` data sets that get a version,
 * `http` calls with its token. Of several of these, `join` says whether each counts by
 * itself. `between` are hours (`08:00-18:00`), `days` weekdays (`mon-fri`); `holidays`
 * names the place on whose holidays it does not fire. What is empty is not said.
 */
export interface NewWhen {
  readonly after: ReadonlyArray<string>;
  readonly at: ReadonlyArray<string>;
  readonly between: string;
  readonly business_days: boolean;
  readonly cron: ReadonlyArray<string>;
  readonly days: string;
  readonly every: ReadonlyArray<string>;
  readonly holidays: string;
  readonly http: boolean;
  readonly join: 'all' | 'any';
  readonly metric: ReadonlyArray<string>;
  readonly on_change: ReadonlyArray<string>;
  readonly on_data: ReadonlyArray<string>;
}

/**
 * A notebook of a project, relative to the server's root, with how much is known of it.
 *
 * `exists` is whether the file is still there; `steps` and `pipelines` are how many it has.
 */
export interface NotebookRow {
  readonly exists: boolean;
  readonly notebook: string;
  readonly pipelines: number;
  readonly steps: number;
}

/**
 * The notebooks of a project of which there are steps or pipelines, by name.
 *
 * `recorded` is false where nothing was ever recorded; `project` as in `PipelinesResponse`.
 */
export interface NotebooksResponse {
  readonly notebooks: ReadonlyArray<NotebookRow>;
  readonly project: string;
  readonly recorded: boolean;
  readonly schema: 'nbmlops.notebooks/1';
}

/**
 * What a notice is about.
 *
 * `RECOVERED` is the first success after failures; `LATE` is a deadline that has passed;
 * `PAUSED` a schedule that fires no more; `DRIFT` data that are not those of a reference any
 * more, and `DRIFT_OVER` the first that are again; `TEST` is what somebody sends to try a
 * channel.
 */
export type NoticeKind = 'drift' | 'drift-over' | 'failed' | 'late' | 'paused' | 'recovered' | 'succeeded' | 'test';

/**
 * What a run of a pipeline version takes, as JSON Schema, from which a form can be made.
 */
export interface ParametersResponse {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly reference: string;
  readonly schema: 'nbmlops.parameters/1';
}

/**
 * A place inside of two values where they differ.
 *
 * `path` leads to a container, an array or a single value, such as `['model'][2]`. Of its
 * `elements`, `differing` are not the same; `first` is the position of the first of them,
 * with `before` and `after` as short texts. Of numbers, `largest` and `relative` are the
 * largest differences that are finite, and `unmeasured` counts the pairs with a NaN or an
 * infinity. `what` says instead what differs as a whole: a shape, a type, a key that is gone.
 */
export interface PartDifference {
  readonly after: string;
  readonly before: string;
  readonly differing: number | null;
  readonly elements: number | null;
  readonly first: string;
  readonly largest: number | NotFinite | null;
  readonly path: string;
  readonly relative: number | NotFinite | null;
  readonly unmeasured: number;
  readonly what: string;
}

/**
 * Two figures in the same place; each is a media type and an object, `None` if absent.
 *
 * `sizes` are the width and height of both in pixels; of two sizes, each is compared as if it
 * went on with its background. `pixels` counts those that differ, and `box` (left, top,
 * right, bottom) holds them all. `None` where this was not compared: `note` says why.
 */
export interface PictureDifference {
  readonly after: readonly [string, string] | null;
  readonly before: readonly [string, string] | null;
  readonly box: readonly [number, number, number, number] | null;
  readonly name: string;
  readonly note: string;
  readonly pixels: number | null;
  readonly sizes: readonly [readonly [number, number], readonly [number, number]] | null;
}

/**
 * The latest version of a pipeline, as it is drawn, and its newest run.
 *
 * `run` is the reference of that run, `steps` what became of the steps in it; `None` and
 * empty where there was none. It may have run an earlier version.
 */
export interface PipelineGraph {
  readonly approved: boolean;
  readonly author: string;
  readonly created_at: string;
  readonly layers: number;
  readonly links: ReadonlyArray<GraphLink>;
  readonly name: string;
  readonly nodes: ReadonlyArray<GraphNode>;
  readonly reference: string;
  readonly rows: number;
  readonly run: string | null;
  readonly run_status: RunStatus | null;
  readonly steps: ReadonlyArray<RunStep>;
}

/**
 * A page of the runs of a project's pipelines, as they were sorted and chosen.
 *
 * As `ExecutionsResponse`. `parameters`, `metrics` and `outputs` are the names that the
 * newest hundred of these runs have; the first page alone tells them.
 */
export interface PipelineRunsResponse {
  readonly after: string | null;
  readonly metrics: ReadonlyArray<string> | null;
  readonly newest: number;
  readonly outputs: ReadonlyArray<string> | null;
  readonly parameters: ReadonlyArray<string> | null;
  readonly recorded: boolean;
  readonly rows: ReadonlyArray<Run>;
  readonly schema: 'nbmlops.pipeline_runs/1';
  readonly total: number | null;
}

/**
 * The pipelines of a notebook, what was built last first.
 *
 * `project` is what events call the notebook's project; empty where nothing was recorded.
 */
export interface PipelinesResponse {
  readonly pipelines: ReadonlyArray<PipelineGraph>;
  readonly project: string;
  readonly schema: 'nbmlops.pipelines/1';
}

/**
 * What the next run of a schedule would do, were it made; nothing was.
 */
export interface PlanResponse {
  readonly next: ReadonlyArray<string>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly reference: string;
  readonly schema: 'nbmlops.plan/1';
  readonly steps: ReadonlyArray<PlannedStep>;
  readonly summary: string;
}

/**
 * A step, or an unnamed cell that runs, in the plan of a run.
 */
export interface PlannedStep {
  readonly state: CellPlan;
  readonly title: string;
  readonly why: string;
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
 * That something was recorded of a notebook, given relative to the server's root.
 *
 * `execution` is the newest: who has read the notebook's facts up to it needs no others.
 */
export interface RecordedEvent {
  readonly execution: number;
  readonly notebook: string;
}

/**
 * The executed notebook of a run as a page; it may hold scripts, so show it in a sandbox.
 */
export interface ReportResponse {
  readonly html: string;
  readonly run: string;
  readonly schema: 'nbmlops.report/1';
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
 * A latest version of which somebody has requested changes; `comment` says which.
 */
export interface Returned {
  readonly by: string;
  readonly comment: string;
  readonly decided_at: string;
  readonly notebook: string | null;
  readonly reference: string;
}

/**
 * All that somebody sees who decides on a pipeline version.
 *
 * `against` is the approved version before it that everything is compared with; `None` where
 * there is none, and all of it is new. `edited` says why the notebook as it is saved makes
 * another version; `None` where it makes this one. `environment` is `None` where it is not
 * known of both. `decided` are the decisions on cells that hold for it, those on earlier
 * versions as well. `notebook` is relative to the server's root, `None` where it is outside.
 */
export interface ReviewResponse {
  readonly against: string | null;
  readonly approved: boolean;
  readonly author: string;
  readonly cells: ReadonlyArray<CellChange>;
  readonly checks: ReadonlyArray<Check>;
  readonly created_at: string;
  readonly decided: ReadonlyArray<CellReview>;
  readonly decisions: ReadonlyArray<Decided>;
  readonly edited: string | null;
  readonly environment: ReadonlyArray<Change> | null;
  readonly findings: ReadonlyArray<Finding>;
  readonly identity: string;
  readonly notebook: string | null;
  readonly parameters: ReadonlyArray<Change>;
  readonly project: string;
  readonly reference: string;
  readonly schema: 'nbmlops.review/1';
  readonly structure: ReadonlyArray<Change>;
  readonly warnings: ReadonlyArray<string>;
}

/**
 * A row that differs, by its label in the index, or by both where these differ.
 *
 * `before` and `after` are short texts, one for each of the `sampled` columns of the frame;
 * `None` where the row is not on that side.
 */
export interface RowDifference {
  readonly after: ReadonlyArray<string> | null;
  readonly before: ReadonlyArray<string> | null;
  readonly row: string;
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
  readonly metrics: Readonly<Record<string, number | NotFinite>>;
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
 * Two runs side by side: every step of both, and of all else what differs.
 *
 * `facts` are those of the runs themselves: pipeline version, status, why one failed.
 * `reported` are the results that steps reported under a name. Outputs, files and accesses are
 * named by the cell that they are of: `train.model`. `cells` are those
 * of the executed notebooks; `notes` say what could not be compared.
 */
export interface RunDiff {
  readonly after: string;
  readonly before: string;
  readonly cells: ReadonlyArray<CellDifference>;
  readonly contents: ReadonlyArray<StepContents>;
  readonly environment: ReadonlyArray<Change>;
  readonly externals: ReadonlyArray<Change>;
  readonly facts: ReadonlyArray<Change>;
  readonly files: ReadonlyArray<Change>;
  readonly metrics: ReadonlyArray<MetricChange>;
  readonly notes: ReadonlyArray<string>;
  readonly outputs: ReadonlyArray<Change>;
  readonly parameters: ReadonlyArray<Change>;
  readonly reported: ReadonlyArray<Change>;
  readonly steps: ReadonlyArray<StepPair>;
}

/**
 * Two runs side by side.
 */
export interface RunDiffResponse {
  readonly diff: RunDiff;
  readonly schema: 'nbmlops.run_diff/1';
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
  readonly seconds: number | NotFinite;
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
 * only: the steps that a part of a pipeline is for, which runs by itself; such a run is no
 * run of the pipeline to whoever waits for one.
 */
export interface RunRules {
  readonly cell_timeout: number | NotFinite | null;
  readonly force: ReadonlyArray<string> | null;
  readonly keep_going: boolean | null;
  readonly no_cache: boolean | null;
  readonly only: ReadonlyArray<string> | null;
  readonly retries: number | null;
  readonly retry_delay: number | NotFinite | null;
  readonly step_timeout: number | NotFinite | null;
  readonly timeout: number | NotFinite | null;
}

/**
 * Where a run stands. `LOST` is a run whose process vanished.
 */
export type RunStatus = 'cancelled' | 'failed' | 'lost' | 'running' | 'succeeded';

/**
 * A step in a run.
 *
 * `why` says in a few words why it did not run to its end, `failure` what failed in which of
 * its cells. `duration` is in seconds, of the execution itself, which for a cached step was an
 * earlier one: that of `origin`, a run, or the notebook. `attempts` is how often it began in
 * this run. `executions` are the ids of what was recorded of its cells, in their order.
 */
export interface RunStep {
  readonly attempts: number;
  readonly duration: number | NotFinite | null;
  readonly executions: ReadonlyArray<number>;
  readonly failure: Failure | null;
  readonly name: string;
  readonly origin: string | null;
  readonly status: StepStatus;
  readonly version: string | null;
  readonly why: string;
}

/**
 * The newest pipeline runs of a notebook, newest first.
 */
export interface RunsResponse {
  readonly runs: ReadonlyArray<Run>;
  readonly schema: 'nbmlops.runs/1';
}

/**
 * A pipeline of a notebook, and the version of it that would be scheduled.
 *
 * `reference` is `None` where none may be, with the `problem` in one sentence and its
 * `cure`; `latest` is the version that was built last. `parameters` are a JSON Schema.
 */
export interface Schedulable {
  readonly cure: string | null;
  readonly latest: string;
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly problem: string | null;
  readonly reference: string | null;
}

/**
 * What a form needs that makes a schedule; `timezone` is that of this machine.
 */
export interface SchedulablesResponse {
  readonly pipelines: ReadonlyArray<Schedulable>;
  readonly project: string;
  readonly scheduler_runs: boolean;
  readonly schema: 'nbmlops.schedulables/1';
  readonly timezone: string;
}

/**
 * A schedule: `when` says it in words, `asked` as it could be asked for.
 *
 * `next` is its next due time by the clock, `None` while it is paused, and where it
 * waits for an event. `cron` is empty where it is no single expression.
 */
export interface ScheduleRow {
  readonly asked: NewWhen;
  readonly author: string;
  readonly cron: string;
  readonly id: number;
  readonly last: FireResult | null;
  readonly next: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly pause_reason: string | null;
  readonly paused: boolean;
  readonly pipeline: string;
  readonly reference: string;
  readonly timezone: string;
  readonly when: string;
}

/**
 * The schedules and the newest backfills of a notebook's pipelines.
 *
 * `scheduler_runs` is whether a scheduler of the project runs on this machine; `project` as
 * in `PipelinesResponse`.
 */
export interface SchedulesResponse {
  readonly backfills: ReadonlyArray<BackfillRow>;
  readonly project: string;
  readonly scheduler_runs: boolean;
  readonly schedules: ReadonlyArray<ScheduleRow>;
  readonly schema: 'nbmlops.schedules/1';
}

/**
 * The execution whose inputs were pinned; `step` is a reference such as `train@2`.
 */
export interface Source {
  readonly execution: number;
  readonly notebook: string;
  readonly step: string;
}

/**
 * How one cell stands. `title` is the step's name, or `cell 4`, counted from 1.
 *
 * A cell that is in no file is called by its execution, `cell @12`.
 *
 * `execution` is the latest that counts, with the version that it was of (`train@2`), when it
 * ran and how long, `duration` in seconds; `None` where there was none. `held` are the
 * inputs of which the kernel holds another value by now: what the cell left follows from the
 * notebook all the same. `named_in` are the cells that have the step's name, counted from 1,
 * where these are several: they stand as one. `others_above` is how many more cells above must
 * run again than `reasons` name, which are the nearest and those with which it begins.
 */
export interface Standing {
  readonly cell_id: string;
  readonly duration: number | NotFinite | null;
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
 * The frames, other values and figures of a cell that differ inside.
 */
export interface StepContents {
  readonly frames: ReadonlyArray<FrameDifference>;
  readonly others: ReadonlyArray<ValueDifference>;
  readonly pictures: ReadonlyArray<PictureDifference>;
  readonly title: string;
}

/**
 * A step with its versions, newest first.
 */
export interface StepHistory {
  readonly name: string;
  readonly versions: ReadonlyArray<VersionRow>;
}

/**
 * What became of a step in a run.
 *
 * `outcome` is `ran`, `cached` (its recorded result was taken, from `origin`: a run, or
 * the notebook), `failed`, `interrupted`, `lost` (the process of the run vanished),
 * `skipped` (a step that it depends on failed), `not run`; of a run that goes on, `running`
 * or `waiting`. `why` tells of one that did not run to its end. `duration` is in seconds, of
 * the execution itself, which for a cached step was an earlier one. `attempts` is how often it
 * began in the run.
 */
export interface StepInRun {
  readonly attempts: number;
  readonly duration: number | NotFinite | null;
  readonly origin: string | null;
  readonly outcome: 'cached' | 'failed' | 'interrupted' | 'lost' | 'not run' | 'ran' | 'running' | 'skipped' | 'waiting';
  readonly version: string | null;
  readonly why: string;
}

/**
 * A step in two runs; `None` where the pipeline had no such step.
 */
export interface StepPair {
  readonly after: StepInRun | null;
  readonly before: StepInRun | null;
  readonly name: string;
}

/**
 * Where a step of a run stands.
 *
 * `SKIPPED` depends on what has failed in a run that went on behind it, or is no part of this
 * run; `NOT_RUN` had not begun, or not all of it, when the run ended; `LOST` ran when the
 * process of the run vanished.
 */
export type StepStatus = 'cached' | 'cancelled' | 'failed' | 'lost' | 'not run' | 'running' | 'skipped' | 'succeeded' | 'waiting';

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
 * A cron expression in words, with the next times at which it is due.
 *
 * `timezone` is the one that was asked for, else that of this machine.
 */
export interface TimesResponse {
  readonly next: ReadonlyArray<string>;
  readonly schema: 'nbmlops.times/1';
  readonly timezone: string;
  readonly words: string;
}

/**
 * What a run has printed so far, cell by cell.
 */
export interface TranscriptResponse {
  readonly run: string;
  readonly schema: 'nbmlops.transcript/1';
  readonly status: RunStatus;
  readonly text: string;
}

/**
 * Two values under one name that are neither both frames nor both part of the code.
 *
 * `parts` are the first places where they differ, `more` says that there are others. `note`
 * says why the content was not compared, or that nothing could be found.
 */
export interface ValueDifference {
  readonly more: boolean;
  readonly name: string;
  readonly note: string;
  readonly parts: ReadonlyArray<PartDifference>;
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
 * it was not taken. `holding` tells those apart whose parts are shared in another way, whose
 * arrays may be written to or not, or in which something was written over that they had computed;
 * such values are equal all the same. Two are compared by `held_alike`. `labelled_with` are the
 * names of others whose tables have the very same index, so that a new name of it is theirs too.
 */
export interface ValueSummary {
  readonly columns: Readonly<Record<string, string>>;
  readonly holding: string | null;
  readonly kind: string;
  readonly labelled_with: ReadonlyArray<string>;
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
 * `tags` are the names that people gave it.
 */
export interface VersionRow {
  readonly author: string;
  readonly changed: string;
  readonly created_at: string;
  readonly digest: string;
  readonly duration: number | NotFinite | null;
  readonly executions: number;
  readonly inputs_note: string | null;
  readonly last_status: ExecutionStatus | null;
  readonly metrics: Readonly<Record<string, number | NotFinite>>;
  readonly notebook: string;
  readonly number: number;
  readonly reference: string;
  readonly run: string | null;
  readonly started_at: string | null;
  readonly status: ExecutionStatus | null;
  readonly step: string;
  readonly tags: ReadonlyArray<string>;
  readonly verified: Verdict | null;
  readonly verified_why: string;
}

/**
 * A pipeline version that nobody has decided on, the last one that was built.
 *
 * `notebook` is relative to the server's root, `None` where it is outside. `replaces` is
 * the approved version that would fire no more; `None` where there is none. `parameters` and
 * `steps` are names.
 */
export interface Waiting {
  readonly author: string;
  readonly created_at: string;
  readonly notebook: string | null;
  readonly parameters: ReadonlyArray<string>;
  readonly reference: string;
  readonly replaces: string | null;
  readonly steps: ReadonlyArray<string>;
  readonly warnings: ReadonlyArray<string>;
}
