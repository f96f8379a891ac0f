import * as React from 'react';

import type {
  DatasetDiffResponse,
  DatasetResponse,
  Member,
  MemberDifference
} from '../contract/wire';
import type { TranslationBundle } from '@jupyterlab/translation';
import { sizeText } from '../model/format';
import { Grid } from './Grid';
import { useSurroundings } from './surroundings';

/** What a version of a data set holds, and who used that. */
export function DatasetDetails({
  found
}: {
  readonly found: DatasetResponse;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { version, members, uses } = found;
  const total = version.files + version.values;
  return (
    <>
      <Grid
        title={trans.__('Members of %1', referenceOf(version))}
        head={[trans.__('Member'), trans.__('What'), trans.__('Size')]}
        rows={members.map(one => [one.name, whatOf(one, trans), sizeOf(one)])}
      />
      {total > members.length && (
        <p className="nbm-Facts">
          {trans.__('%1 of %2 members are shown.', members.length, total)}
        </p>
      )}
      {version.left_out.map(one => (
        <p key={one.name} className="nbm-Warning">
          {trans.__('Not in it: %1 (%2)', one.name, one.why)}
        </p>
      ))}
      {uses.length === 0 ? (
        <p className="nbm-Facts">{trans.__('No step has read it yet.')}</p>
      ) : (
        <Grid
          title={trans.__('Who used %1', referenceOf(version))}
          head={[trans.__('Used by'), trans.__('In'), trans.__('Members')]}
          rows={uses.map(one => [
            one.used_by,
            one.run ?? one.notebook,
            trans.__('%1 of %2', one.members, total)
          ])}
        />
      )}
    </>
  );
}

/** What differs between two versions. */
export function DatasetDifference({
  found
}: {
  readonly found: DatasetDiffResponse;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { before, after, differences, total, same } = found;
  const words: Record<MemberDifference['change'], string> = {
    added: trans.__('added'),
    removed: trans.__('removed'),
    changed: trans.__('changed')
  };
  return (
    <>
      <Grid
        title={`${before} ↔ ${after}`}
        head={[
          trans.__('Member'),
          trans.__('Change'),
          trans.__('Before'),
          trans.__('After')
        ]}
        rows={differences.map(one => [
          one.name,
          words[one.change],
          sizeOf(one.before),
          sizeOf(one.after)
        ])}
      />
      {total > differences.length && (
        <p className="nbm-Facts">
          {trans.__('%1 of %2 members are shown.', differences.length, total)}
        </p>
      )}
      <p className="nbm-Facts">
        {trans._n('%1 member is the same.', '%1 members are the same.', same)}
      </p>
    </>
  );
}

/** `flights@2`. */
export function referenceOf(version: {
  readonly name: string;
  readonly number: number;
}): string {
  return `${version.name}@${version.number}`;
}

function whatOf(member: Member, trans: TranslationBundle): string {
  if (!member.object && !member.manifest) {
    return trans.__('lost');
  }
  return member.kind === 'file' ? trans.__('file') : member.text;
}

function sizeOf(member: Member | null): string {
  return member === null || member.size === null ? '-' : sizeText(member.size);
}
