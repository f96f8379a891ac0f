import { describe, expect, it } from 'vitest';

import {
  cornerOf,
  curveOf,
  needsOf,
  NODE,
  sizeOf,
  statusOf,
  zoomed
} from '../../src/model/diagram';
import { runEvent } from '../fixtures';
import { graph } from '../panelFixtures';

describe('a drawn pipeline', () => {
  it('is as large as its layers and rows', () => {
    const [width, height] = sizeOf(graph());
    const [left, top] = cornerOf(1, 0);
    expect(width).toBe(NODE.width + 2 * left);
    expect(height).toBe(top + NODE.height + left);
  });

  it('leads an edge from below its source to above its target', () => {
    const [link] = graph().links;
    const [x, top] = cornerOf(0, 0);
    const [, below] = cornerOf(1, 0);
    const path = link ? curveOf(link) : '';
    expect(
      path.startsWith(`M${x + NODE.width / 2} ${top + NODE.height}C`)
    ).toBe(true);
    expect(path.endsWith(` ${x + NODE.width / 2} ${below}`)).toBe(true);
  });

  it('leads a long edge past the steps between', () => {
    const [link] = graph().links;
    const through = [
      [0, 0],
      [1, 1],
      [2, 0]
    ] as const;
    const path = link ? curveOf({ ...link, through }) : '';
    expect(path.match(/C/g)).toHaveLength(2);
    expect(path.match(/V/g)).toHaveLength(1);
  });

  it('knows how a step stands, from events before it is read', () => {
    const [load, train] = graph().nodes;
    if (!load || !train) {
      throw new Error('The fixture has two steps.');
    }
    expect(statusOf(graph(), load, undefined)).toBe('succeeded');
    expect(statusOf(graph(), load, runEvent(3, { step: 'load' }))).toBe(
      'running'
    );
    expect(statusOf(graph({ steps: [] }), load, undefined)).toBeNull();
    expect(needsOf(graph(), 'train')).toEqual(['load (rows)']);
  });

  it('grows and shrinks within limits', () => {
    expect(zoomed(1, 1)).toBe(1.25);
    expect(zoomed(1.25, -1)).toBe(1);
    expect(zoomed(4, 1)).toBe(4);
    expect(zoomed(0.25, -1)).toBe(0.25);
  });
});
