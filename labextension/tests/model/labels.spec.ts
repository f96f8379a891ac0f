import { describe, expect, it } from 'vitest';

import {
  hasLabelLine,
  labelOf,
  STEP_NAME,
  stepName,
  taggedAs,
  TRACK_CELL,
  trackLine
} from '../../src/model/labels';

interface Case {
  readonly why: string;
  readonly source: string;
  readonly tags?: readonly string[];
  readonly name: string | null;
}

const CASES: readonly Case[] = [
  {
    why: 'a line magic on the first line',
    source: '%mlops track train\nx = 1',
    name: 'train'
  },
  { why: 'a cell magic', source: '%%mlops track train', name: 'train' },
  {
    why: 'options behind the name',
    source: '%mlops track train --metric auc',
    name: 'train'
  },
  {
    why: 'comments and blank lines before it',
    source: '\n# fit\n  %mlops track fit-2\n',
    name: 'fit-2'
  },
  {
    why: 'one cell magic before it',
    source: '%%time\n%mlops track train',
    name: 'train'
  },
  {
    why: 'tracking of the whole notebook',
    source: '%mlops track',
    name: null
  },
  {
    why: 'code before it',
    source: 'x = 1\n%mlops track train',
    name: null
  },
  { why: 'a Kale tag', source: 'x = 1', tags: ['step:load'], name: 'load' },
  {
    why: 'the line wins over the tag',
    source: '%mlops track train',
    tags: ['step:load'],
    name: 'train'
  },
  {
    why: 'options before the name',
    source: "%mlops track --timeout 5m -m 'auc' --no-cache train # the model",
    name: 'train'
  },
  {
    why: 'the line that tracks the whole notebook wins over the tag as well',
    source: '%mlops track',
    tags: ['step:load'],
    name: null
  },
  {
    why: 'an older Kale tag',
    source: 'x = 1',
    tags: ['step:', 'block:load'],
    name: 'load'
  },
  { why: 'other tags', source: 'x = 1', tags: ['parameters'], name: null }
];

describe('the name of a cell', () => {
  it.each(CASES)('is read from $why', ({ source, tags, name }) => {
    expect(stepName(source, tags ?? [])).toBe(name);
  });
});

describe('a label that names no step', () => {
  it.each([
    ['%mlops track 1x', [], '1x', "'1x' is not a step name: begin"],
    ['%mlops track a/b', [], 'a/b', "'a/b' is not a step name: begin"],
    ['%mlops track 1x', ['step:load'], '1x', "'1x' is not a step name: begin"],
    ['x = 1', ['step:1x'], '1x', "'1x' is not a step name: begin"],
    ['%mlops track latest', [], 'latest', "'latest' says which version"],
    ['%mlops track fit it', [], 'fit it', 'is one word, not 2: fit, it']
  ] as const)('of %j with %j says why', (source, tags, typed, why) => {
    const label = labelOf(source, tags);
    expect(label?.step).toBeNull();
    expect(label?.typed).toBe(typed);
    expect(label?.problem?.toString()).toContain(why);
  });

  it.each(['%mlops track', '%mlops track --values', 'x = 1', '# step:1x'])(
    'is not %j',
    source => expect(labelOf(source, [])?.problem ?? null).toBeNull()
  );
});

describe('naming a cell by a tag', () => {
  it('is of no use where a line says what the cell is', () => {
    expect(hasLabelLine('%mlops track 1x')).toBe(true);
    expect(hasLabelLine('# fit\n\n%mlops track')).toBe(true);
    expect(hasLabelLine('x = 1\n%mlops track fit')).toBe(false);
  });

  it('replaces the name and keeps the other tags', () => {
    expect(taggedAs('train', ['slow', 'step:fit', 'block:fit'])).toEqual([
      'slow',
      'step:train'
    ]);
  });

  it('takes the names that the notebook understands', () => {
    const whole = new RegExp(`^(?:${STEP_NAME})$`);
    expect(['train', '_x', 'load-2.csv'].every(name => whole.test(name))).toBe(
      true
    );
    expect(['', '2nd', 'a b', 'a:b'].some(name => whole.test(name))).toBe(
      false
    );
  });
});

describe('a cell that has the whole notebook recorded', () => {
  it.each([
    [TRACK_CELL, '%mlops track'],
    ['%mlops track --values', '%mlops track --values'],
    ['import os\n%mlops track  ', '%mlops track']
  ])('is %j', (source, line) => expect(trackLine(source)).toBe(line));

  it.each(['%mlops track train', '%mlops track --off', '# %mlops track'])(
    'is not %j',
    source => expect(trackLine(source)).toBeNull()
  );
});
