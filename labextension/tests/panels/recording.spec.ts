import type { Kernel } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { OpenFacts } from '../../src/panels/openNotebooks';
import { Recording } from '../../src/panels/recording';

/** As much of an open notebook as its recording asks: a kernel that records, or does not. */
class Opened {
  on = false;
  readonly ran: string[] = [];
  readonly refresh = vi.fn(() => Promise.resolve());
  readonly statusChanged = new Signal<this, Kernel.Status>(this);
  readonly disposed = new Signal<this, void>(this);

  get facts(): OpenFacts {
    const kernel = {
      requestExecute: () => ({
        done: Promise.resolve({
          content: {
            status: 'ok',
            user_expressions: {
              on: { data: { 'text/plain': this.on ? 'True' : 'False' } }
            }
          }
        })
      })
    };
    const source = '%load_ext nbmlops\n%mlops track --values';
    const widgets = [
      { model: { type: 'code', sharedModel: { getSource: () => source } } }
    ];
    const panel = {
      isDisposed: false,
      disposed: this.disposed,
      content: { widgets, model: { readOnly: false } },
      sessionContext: { session: { kernel }, statusChanged: this.statusChanged }
    };
    const run = (line: string): Promise<string> => {
      this.ran.push(line);
      return Promise.resolve('');
    };
    const facts = { refresh: this.refresh };
    return { panel, view: { run }, facts } as unknown as OpenFacts;
  }

  async pass(...statuses: Kernel.Status[]): Promise<void> {
    for (const status of statuses) {
      this.statusChanged.emit(status);
      await new Promise(resolve => setTimeout(resolve));
    }
  }
}

describe('the recording of a notebook', () => {
  let opened: Opened;
  let recording: Recording;
  const onLost = vi.fn();

  beforeEach(async () => {
    onLost.mockClear();
    opened = new Opened();
    opened.on = true;
    recording = new Recording(opened.facts);
    recording.lost.connect(onLost);
    await opened.pass('starting', 'idle');
    expect(recording.on).toBe(true);
  });

  it('that ended with a kernel that died is told of once', async () => {
    opened.on = false;
    opened.refresh.mockClear();
    await opened.pass('autorestarting', 'starting', 'idle', 'busy', 'idle');
    expect(opened.refresh).toHaveBeenCalledTimes(1);
    expect(onLost).toHaveBeenCalledTimes(1);
    expect(opened.ran).toEqual([]);
    expect(recording.on).toBe(false);
  });

  it('that ended with a kernel restarted by hand is known to who did it', async () => {
    opened.on = false;
    await opened.pass('restarting', 'idle');
    expect(onLost).not.toHaveBeenCalled();
    expect(recording.on).toBe(false);
  });

  it('goes on without a word where the other kernel records as well', async () => {
    await opened.pass('autorestarting', 'idle');
    expect(onLost).not.toHaveBeenCalled();
    expect(opened.ran).toEqual([]);
  });

  it('that was off is none that a kernel could lose', async () => {
    opened.on = false;
    await recording.ask();
    await opened.pass('autorestarting', 'idle');
    expect(onLost).not.toHaveBeenCalled();
  });

  it('is turned on again as the notebook says', async () => {
    opened.on = false;
    await opened.pass('restarting', 'idle');
    await recording.toggle();
    expect(opened.ran).toEqual(['%load_ext nbmlops', '%mlops track --values']);
  });
});
