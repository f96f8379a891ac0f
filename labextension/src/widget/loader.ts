import type { Answer, Channel } from './kernel';

/** What was built: parts by name, each with those that it imports. `build_page.mjs` says it. */
export interface Built {
  readonly id: string;
  readonly entry: string;
  readonly style: string;
  readonly parts: Readonly<Record<string, readonly string[]>>;
}

interface View {
  readonly model: Channel;
  readonly el: HTMLElement;
}

interface Panel {
  readonly default: { readonly render: (view: View) => Promise<() => void> };
}

/** How long a kernel may take until that of another panel on the page is asked, in milliseconds. */
const PATIENCE = 3_000;

/**
 * Brings the parts of the panel from the kernel when they are needed, each once for a page.
 *
 * A part is a script, which is imported by an address of its text: in it, what it imports has been
 * given the addresses of other parts, and what it imports later comes through `load`.
 */
export class Loader {
  /**
   * @param own - how a part finds this loader: the name of a global variable.
   */
  constructor(
    private readonly built: Built,
    private readonly own: string
  ) {}

  /** Show the panel in an element, until what this resolves with is called. */
  async show({ model, el }: View): Promise<() => void> {
    this.open.unshift(model);
    const leave = (): void =>
      void this.open.splice(this.open.indexOf(model), 1);
    const style = document.createElement('style');
    const content = document.createElement('div');
    el.textContent = '…';
    try {
      const { built } = this;
      const panel = this.load(built.entry) as Promise<Panel>;
      style.textContent = await this.textOf(built.style);
      // a style sheet in the element is seen inside of a shadow root as well
      el.replaceChildren(style, content);
      const close = await (await panel).default.render({ model, el: content });
      return () => {
        close();
        leave();
      };
    } catch (error) {
      el.textContent = error instanceof Error ? error.message : String(error);
      return leave;
    }
  }

  /** Import a part. */
  readonly load = async (name: string): Promise<unknown> =>
    import(/* @vite-ignore */ await this.addressOf(name));

  private textOf(name: string): Promise<string> {
    return this.once(`text of ${name}`, () => this.ask(name));
  }

  /** The address of a part whose imports lead to other parts. */
  private addressOf(name: string): Promise<string> {
    return this.once(name, async () => {
      const needed = this.built.parts[name] ?? [];
      const [text, ...addresses] = await Promise.all([
        this.ask(name),
        ...needed.map(one => this.addressOf(one))
      ]);
      let script = text.replaceAll(
        'import("./',
        `globalThis.${this.own}.load("`
      );
      needed.forEach((one, at) => {
        script = script.replaceAll(`"./${one}"`, JSON.stringify(addresses[at]));
      });
      return URL.createObjectURL(new Blob([script], { type: JAVASCRIPT }));
    });
  }

  /** What failed is tried again by who needs it again. */
  private once(key: string, make: () => Promise<string>): Promise<string> {
    const found = this.known.get(key) ?? make();
    this.known.set(key, found);
    found.catch(() => this.known.delete(key));
    return found;
  }

  /** The text of a part, from the kernel of the newest panel, or of another if that is busy. */
  private ask(name: string): Promise<string> {
    let late: ReturnType<typeof setTimeout> | undefined;
    const asked = [...this.open];
    return new Promise<string>((take, fail) => {
      const next = (): void => {
        const model = asked.shift();
        if (model) {
          askOne(model, name).then(take, fail);
          late = setTimeout(next, PATIENCE);
        }
      };
      next();
    }).finally(() => clearTimeout(late));
  }

  private readonly open: Channel[] = [];
  private readonly known = new Map<string, Promise<string>>();
}

const JAVASCRIPT = 'text/javascript';

function askOne(model: Channel, name: string): Promise<string> {
  const id = Math.floor(Math.random() * 2 ** 40);
  return new Promise((take, fail) => {
    const hear = (content: unknown): void => {
      const answer = content as Answer;
      if (answer.id !== id) {
        return;
      }
      model.off('msg:custom', hear);
      if (answer.status === 200) {
        take(answer.body);
      } else {
        fail(new Error(sentenceOf(answer.body)));
      }
    };
    model.on('msg:custom', hear);
    model.send({ id, endpoint: 'part', query: { name } });
  });
}

function sentenceOf(body: string): string {
  const { message, cure } = JSON.parse(body) as {
    readonly message: string;
    readonly cure?: string | null;
  };
  return [message, cure].filter(Boolean).join(' ');
}
