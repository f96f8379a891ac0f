import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** The connection of a widget to its kernel, as far as we need it. */
export interface Channel {
  send(content: object): void;
  on(event: 'msg:custom', hear: (content: unknown) => void): void;
  off(event: 'msg:custom', hear: (content: unknown) => void): void;
}

/** What the kernel sends back: an HTTP status and JSON. */
export interface Answer {
  readonly id: number;
  readonly status: number;
  readonly body: string;
}

/** Where the endpoints seem to be for what asks them by address. */
export const ADDRESS = 'http://kernel/';

const ENDPOINTS = '/nbmlops/api/';

/** How long an answer may take before the kernel is said to be busy, in milliseconds. */
const PATIENCE = 3_000;

/**
 * Asks the kernel, by messages of the widget, what the page asks a server.
 */
export class Kernel {
  constructor(private readonly channel: Channel) {
    channel.on('msg:custom', this.hear);
  }

  /** Emitted when `busy` changes. */
  get changed(): ISignal<this, void> {
    return this.changes;
  }

  /** Whether an answer has been due for a while: the kernel answers between cells. */
  get busy(): boolean {
    return this.isBusy;
  }

  /** Ask; never rejects, and waits as long as the kernel runs something else. */
  ask(
    endpoint: string,
    query: Readonly<Record<string, string>> = {},
    sent: { readonly method: string; readonly body: string } = NOTHING
  ): Promise<Answer> {
    const id = this.next++;
    return new Promise(answer => {
      const late = setTimeout(() => this.setBusy(true), PATIENCE);
      this.waiting.set(id, found => {
        clearTimeout(late);
        this.setBusy(false);
        answer(found);
      });
      this.channel.send({ id, endpoint, query, ...sent });
    });
  }

  /** What `fetch` is for a server. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    const endpoint = pathname.slice(ENDPOINTS.length);
    const body = await request.text();
    const query = Object.fromEntries(searchParams);
    const sent = { method: request.method, body };
    const answer = await this.ask(endpoint, query, sent);
    return new Response(answer.body, { status: answer.status });
  };

  /** Hear nothing any more. */
  dispose(): void {
    this.channel.off('msg:custom', this.hear);
    Signal.clearData(this);
  }

  private readonly hear = (content: unknown): void => {
    const answer = content as Answer;
    const take = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    take?.(answer);
  };

  private setBusy(busy: boolean): void {
    if (busy !== this.isBusy) {
      this.isBusy = busy;
      this.changes.emit();
    }
  }

  private readonly changes = new Signal<this, void>(this);
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private isBusy = false;
  // a widget may be shown several times: each hears the answers to all
  private next = Math.floor(Math.random() * 2 ** 40);
}

const NOTHING = { method: 'GET', body: '' };
