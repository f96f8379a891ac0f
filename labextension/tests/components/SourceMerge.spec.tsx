import { act } from 'react';
import * as React from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, describe, expect, it } from 'vitest';

import { SourceMerge } from '../../src/components/SourceMerge';

const EQUAL = Array.from({ length: 20 }, (_, index) => `x${index} = ${index}`);

describe('two sources side by side', () => {
  const host = document.createElement('div');
  document.body.append(host);
  const root = createRoot(host);
  afterEach(() => act(() => root.render(null)));

  it('names both sides, marks what differs and folds what does not', () => {
    act(() =>
      root.render(
        <SourceMerge
          before={{ label: 'train@1', source: [...EQUAL, 'y = 1'].join('\n') }}
          after={{ label: 'train@2', source: [...EQUAL, 'y = 2'].join('\n') }}
        />
      )
    );
    const sides = [...host.querySelectorAll('[role="textbox"]')];
    expect(sides.map(side => side.getAttribute('aria-label'))).toEqual([
      'train@1',
      'train@2'
    ]);
    expect(host.querySelectorAll('.cm-changedLine')).toHaveLength(2);
    expect(host.textContent).toContain('17 unchanged lines');
  });

  it('goes with its component', () => {
    act(() => root.render(null));
    expect(host.querySelector('.cm-editor')).toBeNull();
  });
});
