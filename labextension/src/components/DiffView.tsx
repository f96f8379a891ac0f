import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Change, VersionDiff } from '../contract/wire';
import { diffLines } from '../model/difference';
import { useSurroundings } from './surroundings';

/**
 * Two versions: the source line by line, then what else changed. `onOpen` shows more of it where
 * there is more room.
 */
export function DiffView(props: {
  readonly diff: VersionDiff;
  readonly onOpen?: (() => void) | undefined;
  readonly onClose: () => void;
}): React.JSX.Element {
  const { diff, onOpen, onClose } = props;
  const { trans } = useSurroundings();
  const title = trans.__('%1 → %2', diff.before, diff.after);
  const shown = React.useRef<HTMLElement>(null);
  React.useEffect(() => {
    shown.current?.scrollIntoView({ block: 'nearest' }); // below the versions
  }, [title]);
  return (
    <section
      ref={shown}
      className="nbm-Diff"
      aria-label={trans.__('Difference %1', title)}
      aria-live="polite"
    >
      <header>
        <h4>{title}</h4>
        {onOpen && (
          <button
            type="button"
            className="nbm-Button"
            aria-label={trans.__('%1 side by side', title)}
            title={trans.__('In the main area, with values and figures')}
            onClick={onOpen}
          >
            {trans.__('Side by side')}
          </button>
        )}
        <button
          type="button"
          className="nbm-Button"
          aria-label={trans.__('Close the difference')}
          title={trans.__('Close')}
          onClick={onClose}
        >
          <closeIcon.react tag="span" height="14px" width="14px" />
        </button>
      </header>
      <SourceDiff unified={diff.source} />
      <ChangeTable title={trans.__('Inputs')} changes={diff.inputs} />
      <ChangeTable title={trans.__('Outputs')} changes={diff.outputs} />
      <ChangeTable title={trans.__('Metrics')} changes={diff.metrics} />
      <ChangeTable title={trans.__('Parameters')} changes={diff.parameters} />
      <ChangeTable title={trans.__('Definitions')} changes={diff.definitions} />
      <ChangeTable title={trans.__('Files')} changes={diff.files} />
      <ChangeTable title={trans.__('Elsewhere')} changes={diff.externals} />
      <ChangeTable title={trans.__('Environment')} changes={diff.environment} />
    </section>
  );
}

/** A source line by line; says so where nothing changed. */
export function SourceDiff({
  unified
}: {
  readonly unified: string;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const lines = diffLines(unified);
  if (lines.length === 0) {
    return <p className="nbm-Facts">{trans.__('The source is the same.')}</p>;
  }
  return (
    <pre className="nbm-SourceDiff" tabIndex={0}>
      {lines.map((line, index) => (
        <span key={index} className={`nbm-mod-${line.kind}`}>
          {line.text + '\n'}
        </span>
      ))}
    </pre>
  );
}

/** What changed, by name; nothing where nothing did. */
export function ChangeTable(props: {
  readonly title: string;
  readonly changes: readonly Change[];
}): React.JSX.Element | null {
  const { trans } = useSurroundings();
  if (props.changes.length === 0) {
    return null;
  }
  return (
    <table className="nbm-Changes">
      <caption>{props.title}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('Name')}</th>
          <th scope="col">{trans.__('Before')}</th>
          <th scope="col">{trans.__('After')}</th>
        </tr>
      </thead>
      <tbody>
        {props.changes.map(change => (
          <tr key={change.name}>
            <th scope="row">{change.name}</th>
            <td className="nbm-mod-removed">{change.before ?? '–'}</td>
            <td className="nbm-mod-added">{change.after ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
