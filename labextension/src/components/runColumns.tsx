import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Run } from '../contract/wire';
import { durationText, exactTime } from '../model/format';
import { textOf } from '../model/parallel';
import { reference } from '../model/progress';
import type { RunTableState } from '../model/runTable';
import { StatusIcon } from './StatusIcon';
import { metricColumns } from './tableColumns';
import type { Column } from './tableColumns';
import { When } from './When';

/** Those that are shown at first, besides the first parameters, metrics and outputs. */
export const FIRST: readonly string[] = [
  'status',
  'run',
  'started',
  'duration'
];

/** Every column that there may be. */
export function runColumns(
  state: RunTableState,
  trans: TranslationBundle
): ReadonlyArray<Column<Run>> {
  return [
    ...facts(trans),
    ...state.parameters.map((name): Column<Run> => ({
      key: `parameter:${name}`,
      title: name,
      width: 'minmax(72px, 1fr)',
      cell: run => textOf(run.parameters[name]),
      hint: run => JSON.stringify(run.parameters[name])
    })),
    ...metricColumns<Run>(state.metrics),
    ...state.outputs.map((name): Column<Run> => ({
      key: `output:${name}`,
      title: name,
      width: 'minmax(72px, 1fr)',
      cell: run => outputText(run, name),
      hint: run => outputText(run, name)
    })),
    {
      key: 'version',
      title: trans.__('Version'),
      width: 'minmax(90px, 1fr)',
      cell: run => {
        const version = `${run.pipeline}@${run.version}`;
        const { only } = run.rules;
        return only === null
          ? version
          : `${version}, ${trans.__('only %1', only.join(', '))}`;
      }
    },
    {
      key: 'trigger',
      title: trans.__('Started by'),
      width: 'minmax(90px, 1fr)',
      cell: run => run.trigger
    },
    {
      key: 'author',
      title: trans.__('Author'),
      width: 'minmax(80px, 1fr)',
      sort: 'author',
      cell: run => run.author
    }
  ];
}

function facts(trans: TranslationBundle): ReadonlyArray<Column<Run>> {
  return [
    {
      key: 'status',
      title: trans.__('Status'),
      width: '72px',
      sort: 'status',
      cell: run => <StatusIcon status={run.status} />
    },
    {
      key: 'run',
      title: trans.__('Pipeline run'),
      width: 'minmax(110px, 1.5fr)',
      sort: 'pipeline',
      cell: run => <strong className="nbm-Reference">{reference(run)}</strong>,
      hint: reference
    },
    {
      key: 'started',
      title: trans.__('Started'),
      width: '110px',
      sort: 'started',
      cell: run => <When at={run.started_at} />,
      hint: run => exactTime(run.started_at, 'default')
    },
    {
      key: 'duration',
      title: trans.__('Duration'),
      width: '96px',
      sort: 'duration',
      cell: run => tookText(run)
    }
  ];
}

/** How long a run took; nothing while it goes on. */
export function tookText(run: Run): string {
  return run.ended_at === null
    ? ''
    : durationText(
        (Date.parse(run.ended_at) - Date.parse(run.started_at)) / 1000
      );
}

function outputText(run: Run, name: string): string {
  const found = run.outputs[name];
  if (!found) {
    return '';
  }
  return found.value === null ? found.type : textOf(found.value);
}
