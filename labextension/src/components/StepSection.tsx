import * as React from 'react';

import type {
  Standing,
  StepHistory,
  ValueRecord,
  VersionDiff
} from '../contract/wire';
import type { PanelModel } from '../model/panelModel';
import { comparison } from '../model/selection';
import type { Selection } from '../model/selection';
import { DiffView } from './DiffView';
import type { PanelHost } from './sectionProps';
import { Sparkline } from './Sparkline';
import { StepStanding } from './StepStanding';
import { useSurroundings } from './surroundings';
import { VersionItem } from './VersionItem';

/** A step with its versions, newest first, and the difference of the two that are chosen. */
export function StepSection(props: {
  readonly step: StepHistory;
  readonly standing: Standing | null;
  readonly selection: Selection | null;
  readonly diff: VersionDiff | null;
  readonly values: Readonly<Record<string, readonly ValueRecord[]>>;
  readonly opened: object | null;
  readonly model: PanelModel;
  readonly host: PanelHost;
}): React.JSX.Element {
  const { step, standing, selection, diff, values, opened } = props;
  const { model, host } = props;
  const pair = comparison(selection);
  const { trans } = useSurroundings();
  const chosen = selection?.step === step.name ? selection.numbers : null;
  const heading = React.useRef<HTMLHeadingElement>(null);
  React.useEffect(() => {
    if (opened) {
      heading.current?.scrollIntoView({ block: 'nearest' });
      heading.current?.focus({ preventScroll: true });
    }
  }, [opened]);
  return (
    <section className="nbm-Step" aria-label={trans.__('Step %1', step.name)}>
      <header>
        <h3 ref={heading} tabIndex={-1}>
          {step.name}
        </h3>
        {standing && <StepStanding standing={standing} />}
      </header>
      <Sparkline step={step.name} versions={step.versions} />
      <ul
        className="nbm-Timeline"
        aria-label={trans.__('Versions of %1', step.name)}
      >
        {step.versions.map(row => (
          <VersionItem
            key={row.number}
            row={row}
            selected={chosen?.includes(row.number) ?? false}
            values={values[row.reference]}
            onLook={() => void model.look(step.name, row.number)}
            onSelect={() => void model.select(step.name, row.number)}
            onRestore={() => void model.restore(step.name, row.number)}
            onRestoreValues={() =>
              void model.restoreValues(step.name, row.number)
            }
          />
        ))}
      </ul>
      {chosen?.length === 1 && step.versions.length > 1 && (
        <p className="nbm-Hint">
          {trans.__('Choose a second version to see what differs.')}
        </p>
      )}
      {chosen && diff && (
        <DiffView
          diff={diff}
          onOpen={
            pair && host.openComparison
              ? () => host.openComparison?.(pair.step, pair.before, pair.after)
              : undefined
          }
          onClose={() => model.clearSelection()}
        />
      )}
    </section>
  );
}
