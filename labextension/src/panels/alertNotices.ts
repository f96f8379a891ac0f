import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { alertText } from '../components/alertText';
import type { AlertEvent } from '../contract/wire';
import type { Alerts, AlertLook } from '../model/alerts';

/** Where an alert leads. */
export interface AlertPlaces {
  /** What the run made or printed. */
  openRun(event: AlertEvent): void;
  openSchedules(event: AlertEvent): void;
}

/** How long good news stay, in milliseconds; bad ones stay until somebody has seen them. */
const GOOD_NEWS = 10_000;

/**
 * Shows what the server tells of schedules as notifications of JupyterLab and, where somebody
 * has chosen that, of the browser while the page is hidden.
 */
export class AlertNotices {
  constructor(
    private readonly alerts: Alerts,
    private readonly places: AlertPlaces,
    private readonly trans: TranslationBundle
  ) {}

  /** Show an alert, unless it was shown or nobody wants it. */
  show(event: AlertEvent): void {
    const look = this.alerts.take(event);
    if (look === null) {
      return;
    }
    const text = alertText(event, this.trans);
    Notification.emit(text, look, {
      autoClose: look === 'success' ? GOOD_NEWS : false,
      actions: [this.actionOf(event, look)]
    });
    if (this.alerts.choices.desktop && document.hidden) {
      this.tellBrowser(event, text);
    }
  }

  /** Ask for what the browser allows, where it is wanted: browsers want a click for that. */
  ask(): void {
    const wanted = this.alerts.choices.desktop && 'Notification' in window;
    if (!wanted || this.asked || permission() !== 'default') {
      return;
    }
    this.asked = true;
    Notification.info(
      this.trans.__('Schedules are to be told of by the browser as well.'),
      {
        autoClose: false,
        actions: [
          {
            label: this.trans.__('Allow'),
            displayType: 'accent',
            callback: () => void window.Notification.requestPermission()
          }
        ]
      }
    );
  }

  private actionOf(event: AlertEvent, look: AlertLook): Notification.IAction {
    const displayType = look === 'error' ? 'warn' : 'default';
    return event.run === null
      ? {
          label: this.trans.__('Show schedules'),
          displayType,
          callback: () => this.places.openSchedules(event)
        }
      : {
          label: this.trans.__('Open run'),
          caption: event.run,
          displayType,
          callback: () => this.places.openRun(event)
        };
  }

  private tellBrowser(event: AlertEvent, text: string): void {
    if ('Notification' in window && permission() === 'granted') {
      const told = new window.Notification(event.pipeline, {
        body: text,
        tag: event.id // two tabs of one browser tell it once
      });
      told.onclick = () => window.focus();
    }
  }

  private asked = false;
}

function permission(): NotificationPermission {
  return window.Notification.permission;
}
