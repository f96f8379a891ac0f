import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Look, Monitor } from '../contract/wire';
import { countText, metricText } from '../model/format';
import {
  columnPoints,
  furthestPoints,
  lastLook,
  monitorKey
} from '../model/monitor';
import { reference } from '../model/progress';
import type { Point } from '../model/sparkline';
import { Badge } from './Badge';
import { MetricLine, pointsText } from './MetricLine';
import { Action } from './RunActions';
import { useTopic } from './sectionProps';
import type { SectionProps } from './sectionProps';
import { useSurroundings } from './surroundings';
import { TopicView } from './TopicView';
import { When } from './When';

/** What is looked at for drift in the notebook and in its runs, and what was found. */
export function MonitorsSection(props: SectionProps): React.JSX.Element {
  const state = useTopic(props, 'monitors');
  const { trans } = useSurroundings();
  const found = state.answers.monitors;
  return (
    <TopicView state={state} topic="monitors">
      {found?.monitors.length === 0 && (
        <p className="nbm-Hint">
          {trans.__(
            'Nothing is looked at for drift yet. Compare the data of today with a table, or with a recorded one such as "flights#3:df", in a cell that is a step, and run it:'
          )}{' '}
          <code>nbmlops.check_drift(today, reference)</code>
        </p>
      )}
      <ul aria-label={trans.__('Monitors')}>
        {found?.monitors.map(one => (
          <MonitorItem key={monitorKey(one)} {...props} monitor={one} />
        ))}
      </ul>
      {found && found.total > found.monitors.length && (
        <p className="nbm-Facts">
          {trans.__('%1 of %2 monitors.', found.monitors.length, found.total)}
        </p>
      )}
    </TopicView>
  );
}

type ItemProps = SectionProps & { readonly monitor: Monitor };

function MonitorItem(props: ItemProps): React.JSX.Element {
  const { monitor } = props;
  const { trans } = useSurroundings();
  const last = lastLook(monitor);
  const name = nameOf(monitor, trans);
  return (
    <li className="nbm-Item">
      <div className="nbm-Item-headline">
        <strong className="nbm-Reference">{name}</strong>
        <span>{placeText(monitor, trans)}</span>
        {last && <When at={last.at} />}
      </div>
      <Verdict monitor={monitor} />
      <p className="nbm-Facts">{facts(monitor, trans).join(' · ')}</p>
      <Columns monitor={monitor} name={name} />
      {last && <MonitorActions {...props} last={last} name={name} />}
    </li>
  );
}

function Verdict({
  monitor
}: {
  readonly monitor: Monitor;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const { judged, drifted, checked, since } = monitor;
  return (
    <div className="nbm-Facts">
      {!judged ? (
        <Badge
          tone="busy"
          label={trans.__('nothing to compare: a table has no rows')}
          reason=""
        />
      ) : drifted > 0 ? (
        <Badge
          tone="bad"
          label={trans._n(
            '%1 of %2 columns has drifted',
            '%1 of %2 columns have drifted',
            drifted,
            checked
          )}
          reason=""
        />
      ) : (
        <Badge tone="good" label={trans.__('no drift')} reason="" />
      )}
      {since !== null && (
        <>
          {' · '}
          {trans.__('drift since')} <When at={since} />
        </>
      )}
    </div>
  );
}

/** How each column went from look to look, those that are furthest away. */
function Columns(props: {
  readonly monitor: Monitor;
  readonly name: string;
}): React.JSX.Element | null {
  const { monitor, name } = props;
  const { trans } = useSurroundings();
  const { columns, checked } = monitor;
  const furthest = furthestPoints(monitor);
  if (columns.length === 0) {
    return null;
  }
  return (
    <ul
      className="nbm-Monitor-columns"
      aria-label={trans.__('Columns of %1', name)}
    >
      {checked > 1 && furthest.length > 1 && (
        <li className="nbm-Sparkline">
          <span className="nbm-Monitor-column">
            {trans.__('furthest column')}
          </span>
          <span className="nbm-Facts nbm-Monitor-index" />
          <IndexLine points={furthest} of={monitor.name} />
        </li>
      )}
      {columns.map(column => (
        <li key={column.name} className="nbm-Sparkline">
          <span
            className={`nbm-Monitor-column${column.drifted ? ' nbm-Failure' : ''}`}
          >
            {column.name}
          </span>
          <span className="nbm-Facts nbm-Monitor-index">
            {[
              ...(typeof column.index === 'number'
                ? [column.index.toFixed(2)]
                : []),
              ...(column.drifted ? [trans.__('drifted')] : []),
              ...(column.note ? [column.note] : [])
            ].join(' · ')}
          </span>
          <IndexLine points={columnPoints(monitor, column)} of={column.name} />
        </li>
      ))}
    </ul>
  );
}

function IndexLine(props: {
  readonly points: readonly Point[];
  readonly of: string;
}): React.JSX.Element | null {
  const { points, of } = props;
  const { trans } = useSurroundings();
  if (points.length < 2) {
    return null;
  }
  const label = trans.__('Index of %1 by look: %2', of, pointsText(points));
  return <MetricLine points={points} label={label} />;
}

/** Where to look further: at the run that has looked, and at the cell. */
function MonitorActions(
  props: ItemProps & { readonly last: Look; readonly name: string }
): React.JSX.Element {
  const { monitor, last, name, host, plans, model } = props;
  const { trans, outside } = useSurroundings();
  const { run } = last;
  const runs = model.state.runs ?? [];
  const goesOn = runs.some(
    one => one.status === 'running' && reference(one) === run
  );
  const open = (): void => {
    host.reveal();
    const cell = monitor.cell_id;
    const shown = cell !== null && plans.notebook?.showCell(cell);
    if (!shown && monitor.step !== null) {
      plans.notebook?.showStep(monitor.step);
    }
  };
  return (
    <div
      className="nbm-Actions"
      role="group"
      aria-label={trans.__('Actions on %1', name)}
    >
      {run !== null && (
        <Action
          label={goesOn ? trans.__('Log') : trans.__('Report')}
          of={run}
          onClick={() => (goesOn ? host.openLog(run) : host.openReport(run))}
        />
      )}
      {!outside && (
        <Action label={trans.__('Go to cell')} of={name} onClick={open} />
      )}
      {outside && monitor.step !== null && (
        <Action label={trans.__('Go to step')} of={name} onClick={open} />
      )}
    </div>
  );
}

/** `check`; with the name of the check where it has one of its own: `check: drift-of-load`. */
function nameOf(monitor: Monitor, trans: TranslationBundle): string {
  const where = monitor.step ?? trans.__('a cell without a name');
  return monitor.name === 'drift' ? where : `${where}: ${monitor.name}`;
}

/** What makes it look: `in the notebook`, `flights, schedule 7`. */
function placeText(monitor: Monitor, trans: TranslationBundle): string {
  const { pipeline, trigger } = monitor;
  if (pipeline === null || trigger === null) {
    return trans.__('in the notebook');
  }
  const [kind, number] = trigger.split(':');
  if (kind === 'schedule' && number) {
    return trans.__('%1, schedule %2', pipeline, number);
  }
  if (kind === 'backfill' && number) {
    return trans.__('%1, backfill %2', pipeline, number);
  }
  return trigger === 'manual'
    ? trans.__('%1, run by hand', pipeline)
    : `${pipeline}, ${trigger}`;
}

function facts(monitor: Monitor, trans: TranslationBundle): string[] {
  const { rows, reference_rows, reference: named, limit, looks } = monitor;
  const both = [countText(rows), countText(reference_rows)] as const;
  return [
    named
      ? trans.__('%1 rows beside %2 of %3', ...both, named)
      : trans.__('%1 rows beside %2', ...both),
    trans.__('limit %1', metricText(limit)),
    trans._n('%1 look', '%1 looks', looks.length)
  ];
}
