import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { listText } from '../components/listText';
import { statesOf } from '../model/cellBadge';
import type { BadgeState } from '../model/cellBadge';
import type { NotebookFacts } from '../model/facts';
import type { OpenFacts, OpenNotebooks } from './openNotebooks';

/**
 * How the steps of the current notebook stand, in JupyterLab's status bar; a click leads to them.
 */
export class StepsStatus extends Widget {
  constructor(
    private readonly notebooks: OpenNotebooks,
    private readonly trans: TranslationBundle,
    private readonly locale: string,
    onOpen: () => void
  ) {
    super({ node: document.createElement('div') });
    this.addClass('jp-mod-highlighted');
    this.button.type = 'button';
    this.button.className = 'jp-StatusBar-TextItem nbm-StepsStatus';
    this.button.addEventListener('click', onOpen);
    this.node.append(this.button);
    notebooks.currentChanged.connect(this.follow);
    notebooks.opened.connect(this.follow);
    this.follow();
  }

  /** Emitted when it is to be shown or hidden. */
  get activeChanged(): ISignal<this, void> {
    return this.changes;
  }

  /** Whether there is a step to tell of, and somebody wants it told. */
  get active(): boolean {
    return this.wanted && this.button.textContent !== '';
  }

  /** Show it where there is a step to tell of, or never. */
  set shown(wanted: boolean) {
    const was = this.active;
    this.wanted = wanted;
    if (was !== this.active) {
      this.changes.emit();
    }
  }

  override dispose(): void {
    this.notebooks.currentChanged.disconnect(this.follow);
    this.notebooks.opened.disconnect(this.follow);
    this.listen(null);
    Signal.clearData(this);
    super.dispose();
  }

  private readonly follow = (): void => {
    const { current } = this.notebooks;
    if (current !== this.following) {
      this.listen(current);
      this.draw();
    }
  };

  private listen(next: OpenFacts | null): void {
    for (const signal of changesOf(this.following?.facts)) {
      signal.disconnect(this.draw);
    }
    this.following = next;
    for (const signal of changesOf(next?.facts)) {
      signal.connect(this.draw);
    }
  }

  private readonly draw = (): void => {
    const was = this.active;
    const facts = this.following?.facts;
    const states = facts ? statesOf(facts.known, facts.notebook) : [];
    this.button.textContent = stepsText(states, this.trans, this.locale);
    this.button.title = this.trans.__('Show the steps of the open notebook');
    if (was !== this.active) {
      this.changes.emit();
    }
  };

  private readonly button = document.createElement('button');
  private readonly changes = new Signal<this, void>(this);
  private following: OpenFacts | null = null;
  private wanted = true;
}

/** What tells that the steps of a notebook stand otherwise, or that its cells were edited. */
function changesOf(
  facts: NotebookFacts | undefined
): ReadonlyArray<ISignal<NotebookFacts, void>> {
  return facts ? [facts.changed, facts.cellsChanged] : [];
}

/** How many steps do not hold; that all do where that is so, and nothing where there is none. */
export function stepsText(
  states: readonly BadgeState[],
  trans: TranslationBundle,
  locale: string
): string {
  if (states.length === 0) {
    return '';
  }
  const count = (state: BadgeState): number =>
    states.filter(one => one === state).length;
  const open = [
    [count('failed'), (n: number) => trans.__('%1 failed', n)],
    [count('edited'), (n: number) => trans.__('%1 edited', n)],
    [count('stale'), (n: number) => trans.__('%1 stale', n)],
    [count('never run'), (n: number) => trans.__('%1 never run', n)]
  ] as const;
  const told = open.filter(([n]) => n > 0).map(([n, text]) => text(n));
  if (told.length > 0) {
    return trans.__('Steps: %1', listText(told, locale));
  }
  return states.includes('as saved')
    ? trans._n(
        '%1 step, fresh as saved',
        '%1 steps, all fresh as saved',
        states.length
      )
    : trans._n('%1 step, fresh', '%1 steps, all fresh', states.length);
}
