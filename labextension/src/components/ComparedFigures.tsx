import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Figure, PictureDifference } from '../contract/wire';
import { countText, sizeText } from '../model/format';
import type { ShownFigure } from '../model/versionComparison';
import { ProblemBox } from './ProblemBox';
import { useSurroundings } from './surroundings';

/** The figures that differ, those of both versions beside each other, and where they do. */
export function ComparedFigures(props: {
  readonly pictures: readonly PictureDifference[];
  readonly names: readonly [string, string];
  readonly figures: Readonly<Record<string, ShownFigure>>;
}): React.JSX.Element | null {
  const { pictures, names, figures } = props;
  const { trans } = useSurroundings();
  if (pictures.length === 0) {
    return null;
  }
  return (
    <section aria-label={trans.__('Figures')}>
      <h3>{trans.__('Figures')}</h3>
      {pictures.map(picture => (
        <Pair
          key={picture.name}
          picture={picture}
          names={names}
          shown={figures[picture.name]}
        />
      ))}
    </section>
  );
}

function Pair(props: {
  readonly picture: PictureDifference;
  readonly names: readonly [string, string];
  readonly shown: ShownFigure | undefined;
}): React.JSX.Element {
  const { picture, names, shown } = props;
  const { trans } = useSurroundings();
  const title = trans.__('Figure %1', picture.name.replace(/\D+/, ''));
  return (
    <article className="nbm-CellDiff" aria-label={title}>
      <h4>
        {title} <span className="nbm-Facts">{pixelsText(picture, trans)}</span>
      </h4>
      {shown === undefined && (
        <p className="nbm-Hint">{trans.__('Loading…')}</p>
      )}
      {shown && 'message' in shown && <ProblemBox problem={shown} />}
      {shown && 'name' in shown && (
        <div className="nbm-Figures">
          <OneFigure figure={shown.before} caption={names[0]} title={title} />
          <OneFigure figure={shown.after} caption={names[1]} title={title} />
          {shown.difference && (
            <OneFigure
              figure={shown.difference}
              caption={trans.__('What differs, in red')}
              title={title}
            />
          )}
        </div>
      )}
    </article>
  );
}

function OneFigure(props: {
  readonly figure: Figure | null;
  readonly caption: string;
  readonly title: string;
}): React.JSX.Element {
  const { figure, caption, title } = props;
  const { trans } = useSurroundings();
  return (
    <figure>
      <figcaption>{caption}</figcaption>
      {figure?.content ? (
        <img
          src={`data:${figure.media_type};base64,${figure.content}`}
          alt={`${title}: ${caption}`}
        />
      ) : (
        <p className="nbm-Hint">{absenceText(figure, trans)}</p>
      )}
    </figure>
  );
}

function absenceText(figure: Figure | null, trans: TranslationBundle): string {
  if (figure === null) {
    return trans.__('There is no such figure.');
  }
  return figure.size === null
    ? trans.__('It is not kept any more.')
    : trans.__('With %1 it is too large to be shown.', sizeText(figure.size));
}

/** How many pixels differ, and where. */
function pixelsText(
  picture: PictureDifference,
  trans: TranslationBundle
): string {
  const { pixels, sizes, box, note } = picture;
  if (pixels === null || sizes === null) {
    return note;
  }
  const [[width, height], [widthNow, heightNow]] = sizes;
  const facts: string[] = [];
  if (width !== widthNow || height !== heightNow) {
    facts.push(
      trans.__(
        '%1 → %2 pixels',
        `${width} × ${height}`,
        `${widthNow} × ${heightNow}`
      )
    );
  }
  if (box === null) {
    facts.push(trans.__('the same pixels, other bytes'));
  } else {
    const [left, top, right, bottom] = box;
    facts.push(
      trans.__(
        '%1 pixels differ, from (%2) to (%3)',
        countText(pixels),
        `${left}, ${top}`,
        `${right - 1}, ${bottom - 1}`
      )
    );
  }
  return facts.join(' · ');
}
