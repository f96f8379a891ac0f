import { ServerConnection } from '@jupyterlab/services';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { MlopsClient } from '../../src/api/client';
import { DialogClient } from '../../src/api/dialogClient';
import { insertSource, bringBack } from '../../src/model/restoring';
import { ADDRESS, Kernel } from '../../src/widget/kernel';
import type { Channel } from '../../src/widget/kernel';
import { KernelEvents } from '../../src/widget/kernelEvents';
import { KernelNotebook } from '../../src/widget/kernelNotebook';

interface Sent {
  readonly id: number;
  readonly endpoint: string;
  readonly method: string;
  readonly query: Record<string, string>;
  readonly body: string;
}

/** A connection whose other end the test is. */
class Line implements Channel {
  readonly sent: Sent[] = [];
  readonly hearers = new Set<(content: unknown) => void>();

  send(content: object): void {
    this.sent.push(content as Sent);
  }

  on(_: 'msg:custom', hear: (content: unknown) => void): void {
    this.hearers.add(hear);
  }

  off(_: 'msg:custom', hear: (content: unknown) => void): void {
    this.hearers.delete(hear);
  }

  answer(asked: Sent | undefined, status: number, body: object): void {
    const content = { id: asked?.id, status, body: JSON.stringify(body) };
    this.hearers.forEach(hear => hear(content));
  }
}

function settingsOf(kernel: Kernel): ServerConnection.ISettings {
  return ServerConnection.makeSettings({
    baseUrl: ADDRESS,
    fetch: kernel.fetch as typeof globalThis.fetch,
    init: { cache: 'default' },
    token: ''
  });
}

async function sentOf(line: Line): Promise<Sent | undefined> {
  await vi.waitFor(() => expect(line.sent.length).toBeGreaterThan(0));
  return line.sent.shift();
}

describe('a question to the kernel', () => {
  it('is what the clients ask a server, in a message', async () => {
    const line = new Line();
    const client = new MlopsClient(settingsOf(new Kernel(line)));
    const steps = client.steps('my folder/a&b.ipynb');
    const asked = await sentOf(line);
    expect(asked).toMatchObject({
      endpoint: 'steps',
      method: 'GET',
      query: { notebook: 'my folder/a&b.ipynb' },
      body: ''
    });
    line.answer(asked, 200, { steps: [] });
    await expect(steps).resolves.toEqual({ steps: [] });
  });

  it('brings its body along', async () => {
    const line = new Line();
    const client = new DialogClient(settingsOf(new Kernel(line)));
    const done = client.approve('a.ipynb', 'a@1', 'It was read.');
    const asked = await sentOf(line);
    expect(asked).toMatchObject({ endpoint: 'approve', method: 'POST' });
    expect(JSON.parse(asked?.body ?? '')).toEqual({ comment: 'It was read.' });
    line.answer(asked, 409, { message: 'Decided.', cure: 'Look.' });
    await expect(done).rejects.toMatchObject({
      message: 'Decided.',
      cure: 'Look.',
      status: 409
    });
  });

  it('takes its own answer, whatever the order, and not that of another view', async () => {
    const line = new Line();
    const kernel = new Kernel(line);
    const other = new Kernel(line);
    const first = kernel.ask('steps');
    const second = kernel.ask('runs');
    const third = other.ask('steps');
    const [one, two, three] = line.sent;
    line.answer(three, 200, { of: 3 });
    line.answer(two, 200, { of: 2 });
    line.answer(one, 200, { of: 1 });
    expect((await first).body).toBe('{"of":1}');
    expect((await second).body).toBe('{"of":2}');
    expect((await third).body).toBe('{"of":3}');
  });

  it('hears nothing any more once it was let go of', () => {
    const line = new Line();
    new Kernel(line).dispose();
    expect(line.hearers.size).toBe(0);
  });
});

describe('while time goes on', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('the kernel is busy until it has answered', async () => {
    const line = new Line();
    const kernel = new Kernel(line);
    const answer = kernel.ask('steps');
    vi.advanceTimersByTime(2_900);
    expect(kernel.busy).toBe(false);
    vi.advanceTimersByTime(200);
    expect(kernel.busy).toBe(true);
    line.answer(line.sent[0], 200, {});
    await answer;
    expect(kernel.busy).toBe(false);
  });

  it('events are asked for, sooner while a run goes on, and not unseen', async () => {
    const line = new Line();
    let seen = true;
    const heard: unknown[] = [];
    const events = new KernelEvents(new Kernel(line), () => seen);
    events.stream.connect((_, event) => heard.push(event));
    const event = { schema_id: 'nbmlops:run-progress/v1', state: 'running' };
    line.answer(line.sent[0], 200, { events: [event] });
    await vi.advanceTimersByTimeAsync(900);
    expect(heard).toEqual([event]);
    expect(line.sent.length).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(line.sent.length).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(line.sent.length).toBe(2); // no second question before the answer to the first
    line.answer(line.sent[1], 500, { message: 'It failed.' });
    await vi.advanceTimersByTimeAsync(3_100);
    expect(line.sent.length).toBe(3);
    seen = false;
    line.answer(line.sent[2], 200, { events: [] });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(line.sent.length).toBe(3);
    seen = true;
    await vi.advanceTimersByTimeAsync(3_100);
    expect(line.sent.length).toBe(4);
    events.dispose();
    line.answer(line.sent[3], 200, { events: [event] });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(line.sent.length).toBe(4);
    expect(heard.length).toBe(1);
  });
});

describe('what is put back', () => {
  it('is put back by the kernel, and its answer is shown', async () => {
    const line = new Line();
    const kernel = new Kernel(line);
    const notebook = new KernelNotebook('a.ipynb', () => undefined, kernel);
    const client = new MlopsClient(settingsOf(kernel));
    const source = insertSource(client, notebook, 'load', 2);
    const query = { step: 'load', number: '2', part: 'source' };
    expect(line.sent[0]).toMatchObject({ endpoint: 'restore', query });
    line.answer(line.sent[0], 200, { message: 'Run this cell again.' });
    await expect(source).resolves.toEqual({
      kind: 'values',
      answer: 'Run this cell again.'
    });
    const values = bringBack(notebook, 'load', 2, 'values');
    expect(line.sent[1]).toMatchObject({ query: { part: 'values' } });
    line.answer(line.sent[1], 404, { message: 'No load@2.', cure: 'Look.' });
    await expect(values).rejects.toMatchObject({
      message: 'No load@2.',
      cure: 'Look.'
    });
  });
});
