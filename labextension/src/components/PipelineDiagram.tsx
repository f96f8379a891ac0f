import { addIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type {
  GraphNode,
  PipelineGraph,
  RunEvent,
  Standing,
  StepStatus
} from '../contract/wire';
import {
  cornerOf,
  curveOf,
  needsOf,
  NODE,
  sizeOf,
  statusOf,
  stepOf,
  zoomed
} from '../model/diagram';
import type { Zoom } from '../model/diagram';
import { durationText } from '../model/format';
import { standingOf } from '../model/standing';
import { useSurroundings } from './surroundings';

interface DiagramProps {
  readonly graph: PipelineGraph;
  readonly event: RunEvent | undefined;
  readonly standings: readonly Standing[] | null;
  readonly onOpen: (step: string) => void;
}

/** A pipeline from top to bottom, each step a button, in a frame that scrolls and is zoomed. */
export function PipelineDiagram(props: DiagramProps): React.JSX.Element {
  const { graph } = props;
  const { trans } = useSurroundings();
  const [zoom, setZoom] = React.useState<Zoom>('fit');
  const picture = React.useRef<SVGSVGElement>(null);
  const [width, height] = sizeOf(graph);
  const change = (direction: 1 | -1): void => {
    const shown = picture.current?.getBoundingClientRect().width ?? width;
    setZoom(zoomed(shown / width || 1, direction));
  };
  const size = zoom === 'fit' ? width : width * zoom;
  return (
    <div className="nbm-Diagram">
      <ZoomButtons onZoom={change} onFit={() => setZoom('fit')} />
      <div
        className="nbm-Diagram-frame"
        role="region"
        aria-label={trans.__('Steps of %1', graph.reference)}
        tabIndex={0}
      >
        <svg
          ref={picture}
          viewBox={`0 0 ${width} ${height}`}
          style={{ width: size, maxWidth: zoom === 'fit' ? '100%' : undefined }}
          role="group"
          aria-label={trans.__('Pipeline %1', graph.name)}
        >
          {graph.links.map((link, index) => (
            <path
              key={index}
              className={
                link.certain ? 'nbm-Link' : 'nbm-Link nbm-mod-possible'
              }
              d={curveOf(link)}
            >
              <title>{`${link.source} → ${link.target}: ${link.names.join(', ')}`}</title>
            </path>
          ))}
          {graph.nodes.map(node => (
            <Node key={node.name} node={node} {...props} />
          ))}
        </svg>
      </div>
    </div>
  );
}

function ZoomButtons(props: {
  readonly onZoom: (direction: 1 | -1) => void;
  readonly onFit: () => void;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  return (
    <div className="nbm-Zoom" role="group" aria-label={trans.__('Zoom')}>
      <button
        type="button"
        className="nbm-Button"
        aria-label={trans.__('Zoom in')}
        title={trans.__('Zoom in')}
        onClick={() => props.onZoom(1)}
      >
        <addIcon.react tag="span" height="14px" width="14px" />
      </button>
      <button
        type="button"
        className="nbm-Button"
        aria-label={trans.__('Zoom out')}
        title={trans.__('Zoom out')}
        onClick={() => props.onZoom(-1)}
      >
        <span aria-hidden>−</span>
      </button>
      <button type="button" className="nbm-Button" onClick={props.onFit}>
        {trans.__('Fit')}
      </button>
    </div>
  );
}

function Node(
  props: DiagramProps & { readonly node: GraphNode }
): React.JSX.Element {
  const { node, graph, event, standings, onOpen } = props;
  const { trans } = useSurroundings();
  const status = statusOf(graph, node, event);
  const told = toldOf(props, trans);
  const needs = needsOf(graph, node.name).join(', ');
  const stale = standingOf(standings, node.name)?.state === 'stale';
  const [x, y] = cornerOf(node.layer, node.row);
  const name = [`${node.name}: ${told}`];
  if (needs) {
    name.push(trans.__('needs %1', needs));
  }
  const open = (): void => onOpen(node.name);
  return (
    <g
      className={`nbm-Node nbm-mod-${status === null ? 'quiet' : TONES[status]}${stale ? ' nbm-mod-stale' : ''}`}
      role="button"
      tabIndex={0}
      aria-label={name.join('; ')}
      onClick={open}
      onKeyDown={key => {
        if (key.key === 'Enter' || key.key === ' ') {
          key.preventDefault();
          open();
        }
      }}
    >
      <title>
        {[...name, stepOf(graph, node.name)?.why].filter(Boolean).join('\n')}
      </title>
      <rect x={x} y={y} width={NODE.width} height={NODE.height} rx={6} />
      <text className="nbm-Node-name" x={x + NODE.width / 2} y={y + 18}>
        {shortened(node.name, 17)}
      </text>
      <text className="nbm-Node-state" x={x + NODE.width / 2} y={y + 34}>
        {shortened(told, 24)}
      </text>
    </g>
  );
}

/** How a step stands, in words: in the newest run, and to the notebook as it is now. */
function toldOf(
  {
    graph,
    node,
    event,
    standings
  }: DiagramProps & { readonly node: GraphNode },
  trans: TranslationBundle
): string {
  const status = statusOf(graph, node, event);
  const step = stepOf(graph, node.name);
  const words = [
    status === null ? trans.__('not run') : statusText(status, trans)
  ];
  if (status === 'succeeded' && step && step.duration !== null) {
    words.push(durationText(step.duration));
  }
  const state = standingOf(standings, node.name)?.state;
  if (state === 'stale') {
    words.push(trans.__('stale'));
  }
  return words.join(' · ');
}

function statusText(status: StepStatus, trans: TranslationBundle): string {
  const words: Record<StepStatus, string> = {
    waiting: trans.__('waiting'),
    running: trans.__('running'),
    succeeded: trans.__('succeeded'),
    cached: trans.__('cached'),
    failed: trans.__('failed'),
    cancelled: trans.__('cancelled'),
    lost: trans.__('lost'),
    skipped: trans.__('skipped'),
    'not run': trans.__('not run')
  };
  return words[status];
}

const TONES: Record<StepStatus, 'good' | 'bad' | 'busy' | 'quiet'> = {
  waiting: 'quiet',
  running: 'busy',
  succeeded: 'good',
  cached: 'good',
  failed: 'bad',
  cancelled: 'quiet',
  lost: 'bad',
  skipped: 'quiet',
  'not run': 'quiet'
};

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
