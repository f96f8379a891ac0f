import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MessageLoop } from '@lumino/messaging';
import { BoxPanel, TabPanel, Widget } from '@lumino/widgets';
import { describe, expect, it } from 'vitest';

import { addToMain } from '../../src/panels/mainArea';

/** A shell whose main area has room for so many widgets, and an area of tabs below. */
class SmallShell {
  readonly main = new BoxPanel();
  readonly down = new TabPanel();

  constructor(private readonly room: number) {}

  add(widget: Widget, area: string): void {
    if (area === 'down') {
      this.down.addWidget(widget);
    } else if (this.main.widgets.length < this.room) {
      this.main.addWidget(widget);
    }
  }
}

function added(shell: SmallShell): Widget {
  const widget = new Widget();
  addToMain(shell as unknown as JupyterFrontEnd.IShell, widget);
  return widget;
}

describe('a tab of the main area', () => {
  it('is there where there is room', () => {
    const shell = new SmallShell(2);
    const [one, other] = [added(shell), added(shell)];
    expect(shell.main.widgets).toEqual([one, other]);
    expect(shell.down.widgets).toEqual([]);
  });

  it('is below a notebook that takes all of it, and is shown when it is wanted', () => {
    const shell = new SmallShell(1);
    const [notebook, first, second] = [
      added(shell),
      added(shell),
      added(shell)
    ];
    expect(shell.main.widgets).toEqual([notebook]);
    expect(shell.down.currentWidget).toBe(first);
    MessageLoop.sendMessage(second, Widget.Msg.ActivateRequest);
    expect(shell.down.currentWidget).toBe(second);
    expect(second.node.style.minHeight).not.toBe('');
  });
});
