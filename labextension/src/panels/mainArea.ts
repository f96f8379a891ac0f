import { LabShell } from '@jupyterlab/application';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MessageLoop } from '@lumino/messaging';
import { TabPanel } from '@lumino/widgets';
import type { Widget } from '@lumino/widgets';

/** The height that a widget is given below a notebook. */
const ROOM = '45vh';

type Options = Parameters<JupyterFrontEnd.IShell['add']>[2];

/**
 * Add a widget as a tab of the main area; below it where that has room for the notebook alone, as
 * in Jupyter Notebook.
 */
export function addToMain(
  shell: JupyterFrontEnd.IShell,
  widget: Widget,
  options?: Options
): void {
  shell.add(widget, 'main', options);
  // JupyterLab's own shell may add it later: it waits for the layout that it restores.
  if (widget.parent !== null || shell instanceof LabShell) {
    return;
  }
  widget.node.style.minHeight = ROOM; // that area is as low as what is in it may be
  shell.add(widget, 'down');
  MessageLoop.installMessageHook(widget, (_, message) => {
    const tabs = widget.parent?.parent;
    if (message.type === 'activate-request' && tabs instanceof TabPanel) {
      tabs.currentWidget = widget;
    }
    return true;
  });
}
