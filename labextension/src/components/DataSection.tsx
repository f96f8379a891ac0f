import * as React from 'react';

import type {
  DatasetDiffResponse,
  DatasetResponse,
  DatasetRow,
  DatasetVersion
} from '../contract/wire';
import { sizeText } from '../model/format';
import { problemOf } from '../model/problem';
import type { Problem } from '../model/problem';
import {
  DatasetDetails,
  DatasetDifference,
  referenceOf
} from './DatasetDetails';
import { PinForm } from './PinForm';
import { PinProgress } from './PinProgress';
import { ProblemBox } from './ProblemBox';
import { Action } from './RunActions';
import { useTopic } from './sectionProps';
import type { SectionProps } from './sectionProps';
import { useSurroundings } from './surroundings';
import { TopicView } from './TopicView';
import { When } from './When';

/** The data sets of the project: inputs that were pinned, and what may be done with them. */
export function DataSection(props: SectionProps): React.JSX.Element {
  const state = useTopic(props, 'datasets');
  const { trans } = useSurroundings();
  const [pinning, pin] = React.useState(false);
  const found = state.answers.datasets;
  const canPin = (props.model.state.steps?.length ?? 0) > 0;
  return (
    <TopicView state={state} topic="datasets">
      {found?.datasets.length === 0 && (
        <p className="nbm-Hint">
          {canPin
            ? trans.__(
                'No data set yet. Pin what a step has read: the files and values stay as they were, whatever becomes of them.'
              )
            : trans.__(
                'No data set yet. Track a cell that reads data as a step and run it, then pin its inputs here.'
              )}
        </p>
      )}
      <div className="nbm-Actions nbm-mod-top">
        {canPin && (
          <button
            type="button"
            className="nbm-Button nbm-mod-text"
            aria-expanded={pinning}
            onClick={() => pin(!pinning)}
          >
            {trans.__('Pin inputs…')}
          </button>
        )}
        {found?.undo && <UndoButton {...props} version={found.undo} />}
      </div>
      {pinning && canPin && (
        <div className="nbm-Item">
          <PinForm {...props} busy={state.busy} onDone={() => pin(false)} />
        </div>
      )}
      {state.pinning && <PinProgress pinning={state.pinning} />}
      <ul aria-label={trans.__('Data sets')}>
        {found?.datasets.map(row => (
          <DatasetItem key={row.name} {...props} row={row} busy={state.busy} />
        ))}
      </ul>
      {found && found.total > found.datasets.length && (
        <p className="nbm-Facts">
          {trans.__(
            'The newest %1 of %2 data sets.',
            found.datasets.length,
            found.total
          )}
        </p>
      )}
    </TopicView>
  );
}

function UndoButton(
  props: SectionProps & { readonly version: string }
): React.JSX.Element {
  const { plans, host, version } = props;
  const { trans } = useSurroundings();
  const title = trans.__('Undo the restore of %1?', version);
  const ask = (question: string): Promise<boolean> =>
    host.confirm(title, question, trans.__('Undo'));
  return (
    <button
      type="button"
      className="nbm-Button nbm-mod-text"
      onClick={() =>
        void plans.agree(ask, (api, path, agreed) =>
          api.undoRestore(path, agreed)
        )
      }
    >
      {trans.__('Undo restore of %1', version)}
    </button>
  );
}

type ItemProps = SectionProps & {
  readonly row: DatasetRow;
  readonly busy: boolean;
};

function DatasetItem(props: ItemProps): React.JSX.Element {
  const { row } = props;
  const { trans } = useSurroundings();
  const [latest, ...older] = row.versions;
  return (
    <li className="nbm-Item">
      {latest && (
        <VersionView {...props} version={latest} before={older[0] ?? null} />
      )}
      {older.length > 0 && (
        <details>
          <summary>
            {trans._n(
              '%1 older version of %2',
              '%1 older versions of %2',
              row.total - 1,
              row.name
            )}
          </summary>
          <ul aria-label={trans.__('Older versions of %1', row.name)}>
            {older.map((version, at) => (
              <li key={version.id} className="nbm-Item">
                <VersionView
                  {...props}
                  version={version}
                  before={older[at + 1] ?? null}
                />
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

/** What was asked of a version, as it was answered. */
type Shown =
  | { readonly kind: 'members'; readonly found: DatasetResponse }
  | { readonly kind: 'difference'; readonly found: DatasetDiffResponse }
  | { readonly kind: 'problem'; readonly problem: Problem };

function VersionView(
  props: ItemProps & {
    readonly version: DatasetVersion;
    readonly before: DatasetVersion | null;
  }
): React.JSX.Element {
  const { version, before, plans, busy, host } = props;
  const { trans } = useSurroundings();
  const [shown, show] = React.useState<Shown | null>(null);
  const name = referenceOf(version);
  const look = (kind: Shown['kind'], ask: () => Promise<Shown>): void => {
    if (shown?.kind === kind) {
      show(null);
      return;
    }
    ask().then(show, (error: unknown) =>
      show({ kind: 'problem', problem: problemOf(error) })
    );
  };
  const ask = (question: string): Promise<boolean> =>
    host.confirm(
      trans.__('Restore %1?', name),
      question,
      trans.__('Replace and keep aside')
    );
  return (
    <>
      <div className="nbm-Item-headline">
        <strong className="nbm-Reference">{name}</strong>
        <When at={version.created_at} />
      </div>
      <Facts version={version} />
      {version.comment && <p>{version.comment}</p>}
      <div
        className="nbm-Actions"
        role="group"
        aria-label={trans.__('Actions on %1', name)}
      >
        <Action
          label={trans.__('Members')}
          of={name}
          onClick={() =>
            look('members', async () => ({
              kind: 'members',
              found: await plans.ask((api, path) => api.dataset(path, name))
            }))
          }
        />
        {before && (
          <Action
            label={trans.__('Compare')}
            of={name}
            title={trans.__('Show what differs from the version before')}
            onClick={() =>
              look('difference', async () => ({
                kind: 'difference',
                found: await plans.ask((api, path) =>
                  api.datasetDiff(path, referenceOf(before), name)
                )
              }))
            }
          />
        )}
        {version.files > 0 && (
          <Action
            label={trans.__('Restore files')}
            of={name}
            title={trans.__('Put the files back where they were')}
            disabled={busy}
            onClick={() =>
              void plans.agree(ask, (api, path, agreed) =>
                api.restoreDataset(path, name, agreed)
              )
            }
          />
        )}
      </div>
      {shown?.kind === 'members' && <DatasetDetails found={shown.found} />}
      {shown?.kind === 'difference' && (
        <DatasetDifference found={shown.found} />
      )}
      {shown?.kind === 'problem' && <ProblemBox problem={shown.problem} />}
    </>
  );
}

function Facts({
  version
}: {
  readonly version: DatasetVersion;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { files, values, size, author, source } = version;
  const facts = [
    ...(files > 0 ? [trans._n('%1 file', '%1 files', files)] : []),
    ...(values > 0 ? [trans._n('%1 value', '%1 values', values)] : []),
    sizeText(size),
    ...(source === null ? [] : [trans.__('read by %1', source.step)]),
    author
  ];
  return <p className="nbm-Facts">{facts.join(' · ')}</p>;
}
