import type { ILayoutRestorer } from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';

/**
 * Tabs of the main area that JupyterLab's layout restorer opens again when the page is loaded;
 * `Subject` is what a tab is of, as the command takes it that opens it.
 */
export class RestoredTabs<Subject extends ReadonlyPartialJSONObject> {
  constructor(namespace: string) {
    this.tracker = new WidgetTracker({ namespace });
  }

  /** The tab of that id; `undefined` where it is not open. */
  find(id: string): Widget | undefined {
    return this.tracker.find(one => one.id === id);
  }

  /** The first one that is to be seen in some area; `undefined` where there is none. */
  get attached(): Widget | undefined {
    return this.tracker.find(one => one.isAttached);
  }

  /** Have a tab opened again, by its id and what it is of. */
  async add(tab: Widget, subject: Subject): Promise<void> {
    this.subjects.set(tab, subject);
    await this.tracker.add(tab);
  }

  /** Let the command open the tabs of the last time where they were. */
  restoreBy(command: string, restorer: ILayoutRestorer | null): void {
    void restorer?.restore(this.tracker, {
      command,
      args: tab => this.subjects.get(tab) ?? {},
      name: ({ id }) => id
    });
  }

  private readonly subjects = new WeakMap<Widget, Subject>();
  private readonly tracker: WidgetTracker;
}
