import type { Cell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';

import { badgeText, drawBadge } from '../components/cellBadge';
import { badgesOf } from '../model/cellBadge';
import type { BadgePart, CellBadge } from '../model/cellBadge';
import type { OpenFacts } from './openNotebooks';

const BADGED = 'nbm-mod-badged';

interface Drawn {
  readonly button: HTMLButtonElement;
  readonly cell: Cell;
  badge: CellBadge;
  text: string;
}

/**
 * The badges at the cells of one open notebook.
 *
 * They are put at cells that are out of the window as well, so that a cell that is scrolled to
 * has its height already. One pass over the cells finds what has changed; nothing is done per
 * cell while somebody types or scrolls, and nothing is measured.
 */
export class CellBadges {
  constructor(
    private readonly opened: OpenFacts,
    private readonly trans: TranslationBundle,
    private readonly onOpen: (step: string) => void,
    private chosen?: ReadonlySet<BadgePart>
  ) {
    const { facts, panel } = opened;
    facts.changed.connect(() => this.schedule());
    facts.cellsChanged.connect(() => this.schedule());
    panel.content.model?.cells.changed.connect(() => this.schedule());
    this.schedule();
  }

  /** Show these parts, at once. */
  choose(chosen: ReadonlySet<BadgePart>): void {
    this.chosen = chosen;
    this.schedule();
  }

  /** Several changes that come at once are drawn once. */
  private schedule(): void {
    if (this.scheduled) {
      return;
    }
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      if (!this.opened.panel.isDisposed) {
        this.draw();
      }
    });
  }

  private draw(): void {
    const { facts, view, panel } = this.opened;
    const cells = new Map(
      panel.content.widgets.map(one => [one.model.id, one])
    );
    const wanted = new Set<string>();
    for (const badge of badgesOf(facts.known, view, this.chosen)) {
      const cell = cells.get(badge.cell);
      if (cell) {
        wanted.add(badge.cell);
        this.show(cell, badge);
      }
    }
    for (const [id, drawn] of this.drawn) {
      if (!wanted.has(id)) {
        this.remove(id, drawn);
      }
    }
  }

  private show(cell: Cell, badge: CellBadge): void {
    const known = this.drawn.get(badge.cell);
    const text = badgeText(badge);
    if (known?.cell === cell) {
      if (known.text !== text) {
        known.text = text;
        known.badge = badge;
        drawBadge(known.button, badge, this.trans);
      }
      return;
    }
    const button = this.button(badge.cell);
    drawBadge(button, badge, this.trans);
    cell.node.append(button); // last: lumino counts the nodes before those that it adds
    cell.addClass(BADGED);
    this.drawn.set(badge.cell, { button, cell, badge, text });
  }

  private button(id: string): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.lmSuppressShortcuts = 'true'; // Enter presses it, and edits no cell
    button.addEventListener('click', () => {
      const badge = this.drawn.get(id)?.badge;
      if (badge && badge.problem === null) {
        this.onOpen(badge.step);
      }
    });
    return button;
  }

  private remove(id: string, drawn: Drawn): void {
    drawn.button.remove();
    drawn.cell.removeClass(BADGED);
    this.drawn.delete(id);
  }

  private readonly drawn = new Map<string, Drawn>();
  private scheduled = false;
}
