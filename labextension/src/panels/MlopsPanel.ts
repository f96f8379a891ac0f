import { AccordionToolbar, SidePanel } from '@jupyterlab/ui-components';
import { MessageLoop } from '@lumino/messaging';
import type { Message } from '@lumino/messaging';
import { AccordionPanel, Panel, Widget } from '@lumino/widgets';
import type { Title } from '@lumino/widgets';

import { stepsIcon } from '../components/icons';
import { namesOn } from './followSettings';
import type { Chosen } from './followSettings';
import { Section } from './Section';
import type { PanelParts, ViewName } from './Section';
import type { SectionName } from './tokens';

/** The first sections, which show most: each is given twice the height of another one. */
const TALL = 2;

/** How many times the height of another one is given to a section that somebody asked for. */
const ASKED = 3;

/**
 * The side panel: a heading, and sections that fold. JupyterLab's layout restorer keeps which are
 * open, and how high each is.
 */
export class MlopsPanel extends SidePanel {
  constructor(parts: PanelParts) {
    const trans = parts.translator.load('nbmlops');
    const header = new Panel();
    header.addWidget(new Section('PanelHeader', parts));
    super({
      header,
      content: new AccordionPanel({
        layout: AccordionToolbar.createLayout({ renderer: new Titles() })
      }),
      translator: parts.translator
    });
    this.id = 'nbmlops-panel';
    this.title.icon = stepsIcon;
    this.title.caption = trans.__('MLOps');
    this.addClass('nbm-SidePanel');
    this.node.tabIndex = -1;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('MLOps'));
    this.addSection('StepsSection', trans.__('Steps'), parts, true);
    this.addSection('PipelineSection', trans.__('Pipeline'), parts, true);
    this.addSection('RunsSection', trans.__('Runs'), parts, true);
    this.addSection('SchedulesSection', trans.__('Schedules'), parts, false);
    this.addSection('DataSection', trans.__('Data'), parts, false);
    this.addSection('MonitorsSection', trans.__('Monitors'), parts, false);
    this.addSection('ApprovalsSection', trans.__('Approvals'), parts, false);
    this.accordion.expansionToggled.connect(() => this.share());
    this.share();
  }

  override dispose(): void {
    this.resized.disconnect();
    this.sections.forEach(section => section.dispose());
    super.dispose();
  }

  /** What is said above the sections makes them lower, of which no widget is told. */
  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.resized.observe(this.accordion.node);
  }

  /** Have the sections that are chosen, and those that somebody asked for. */
  choose(chosen: Chosen): void {
    this.chosen = chosen;
    const on = namesOn(
      this.sections.map(({ id }) => settingOf(id)),
      chosen
    );
    const wanted = this.sections.filter(
      section => on.has(settingOf(section.id)) || this.kept.has(section)
    );
    const shown = [...this.widgets];
    const other = wanted.findIndex((one, index) => one !== shown[index]);
    const kept = other < 0 ? wanted.length : other;
    if (kept === shown.length && kept === wanted.length) {
      return; // the heights stay as they are
    }
    // what comes behind is put in again, so that the keyboard goes through them in this order
    shown.slice(kept).forEach(section => (section.parent = null));
    wanted.slice(kept).forEach(section => this.addWidget(section));
    this.share();
  }

  /** Unfold a section, that of the steps being the first. */
  unfold(index: number): void {
    this.accordion.expand(index);
  }

  /**
   * Unfold a section, and move the focus to what folds it; one that was taken away is back until
   * the page is loaded again.
   */
  open(name: SectionName): void {
    const section = this.sections.find(
      ({ id }) => id === idOf(`${name}Section`)
    );
    if (section) {
      this.kept.add(section);
      this.choose(this.chosen);
      const index = this.widgets.indexOf(section);
      this.asked = section;
      this.accordion.expand(index);
      this.share();
      this.accordion.titles[index]?.focus();
    }
  }

  /** Share the height among the sections that are open. */
  private share(): void {
    this.accordion.setRelativeSizes(
      this.accordion.widgets.map((section, index) =>
        section.isHidden
          ? 0
          : section === this.asked
            ? ASKED
            : index < TALL
              ? 2
              : 1
      )
    );
  }

  private addSection(
    view: ViewName,
    label: string,
    parts: PanelParts,
    open: boolean
  ): void {
    const section = new Section(view, parts);
    section.id = idOf(view);
    section.title.label = label;
    section.node.setAttribute('role', 'region');
    section.node.tabIndex = 0; // it scrolls, also for who has no mouse
    this.sections.push(section);
    this.addWidget(section);
    if (!open) {
      this.accordion.collapse(this.widgets.length - 1);
    }
  }

  private readonly sections: Section[] = [];
  private readonly kept = new Set<Section>();
  private chosen: Chosen = {};
  private asked: Section | null = null;
  private readonly resized = new ResizeObserver(() =>
    MessageLoop.postMessage(this.accordion, Widget.ResizeMessage.UnknownSize)
  );

  private get accordion(): AccordionPanel {
    return this.content as AccordionPanel;
  }
}

function idOf(view: ViewName): string {
  return `nbmlops-${view}`;
}

/** How a setting calls a section: `runs` that of the id `nbmlops-RunsSection`. */
function settingOf(id: string): string {
  return id.replace(/^nbmlops-(.*)Section$/, '$1').toLowerCase();
}

/** A title that unfolds something is a button to who hears it, which no heading can be. */
class Titles extends AccordionToolbar.Renderer {
  override createSectionTitle(data: Title<Widget>): HTMLElement {
    const heading = super.createSectionTitle(data);
    const button = document.createElement('div');
    for (const { name, value } of heading.attributes) {
      button.setAttribute(name, value);
    }
    button.setAttribute('role', 'button');
    button.append(...heading.childNodes);
    return button;
  }
}
