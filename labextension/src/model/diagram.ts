import type {
  GraphLink,
  GraphNode,
  PipelineGraph,
  RunEvent,
  RunStep,
  StepStatus
} from '../contract/wire';

/** Sizes of a drawn pipeline, in pixels at its natural size. */
export const NODE = { width: 132, height: 44 } as const;
const GAP = { across: 18, down: 34 } as const;
const MARGIN = 8;

/** Where the upper left corner of a step is drawn: layers go down, rows across. */
export function cornerOf(
  layer: number,
  row: number
): readonly [number, number] {
  return [
    MARGIN + row * (NODE.width + GAP.across),
    MARGIN + layer * (NODE.height + GAP.down)
  ];
}

/** How large a pipeline is drawn: width and height. */
export function sizeOf(graph: PipelineGraph): readonly [number, number] {
  const [right, bottom] = cornerOf(graph.layers, graph.rows);
  return [
    right - GAP.across + MARGIN,
    graph.layers === 0 ? 0 : bottom - GAP.down + MARGIN
  ];
}

/** The curve of an edge, from below its source to above its target, through each bend. */
export function curveOf(link: GraphLink): string {
  const points = link.through.map(([layer, row]) => cornerOf(layer, row));
  const [first, ...others] = points;
  if (!first) {
    return '';
  }
  const half = NODE.width / 2;
  let [x, y] = [first[0] + half, first[1] + NODE.height];
  let path = `M${x} ${y}`;
  others.forEach(([left, top], index) => {
    const to = left + half;
    const bend = (y + top) / 2;
    path += `C${x} ${bend} ${to} ${bend} ${to} ${top}`;
    [x, y] = [to, top];
    if (index < others.length - 1) {
      y += NODE.height;
      path += `V${y}`;
    }
  });
  return path;
}

/**
 * Where a step stands in the newest run; `null` where there was none, or it had no such step.
 *
 * While that run goes on, the step whose cell runs is known by events before it is read again.
 */
export function statusOf(
  graph: PipelineGraph,
  node: GraphNode,
  event: RunEvent | undefined
): StepStatus | null {
  if (event && event.state === 'running' && event.step === node.name) {
    return 'running';
  }
  return stepOf(graph, node.name)?.status ?? null;
}

/** What became of a step in the newest run. */
export function stepOf(graph: PipelineGraph, name: string): RunStep | null {
  return graph.steps.find(step => step.name === name) ?? null;
}

/** The steps that a step needs, with the names that it takes from them. */
export function needsOf(graph: PipelineGraph, name: string): string[] {
  return graph.links
    .filter(link => link.target === name)
    .map(link => `${link.source} (${link.names.join(', ')})`);
}

/** How large a picture is shown: as wide as there is room, or so many times its natural size. */
export type Zoom = 'fit' | number;

const STEP = 1.25;
const LIMITS = [0.25, 4] as const;

/** The next larger or smaller size, from the one that is shown now. */
export function zoomed(shown: number, direction: 1 | -1): number {
  const wanted = direction === 1 ? shown * STEP : shown / STEP;
  return Math.min(LIMITS[1], Math.max(LIMITS[0], wanted));
}
