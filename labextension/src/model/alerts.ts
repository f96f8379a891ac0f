import type { AlertEvent } from '../contract/wire';

/** Which alerts somebody wants to see, and whether the browser tells them as well. */
export interface AlertChoices {
  readonly failed: boolean;
  readonly recovered: boolean;
  readonly late: boolean;
  readonly paused: boolean;
  readonly drift: boolean;
  readonly succeeded: boolean;
  readonly desktop: boolean;
}

/** What a channel is told where nothing else is asked for. */
export const USUAL: AlertChoices = {
  failed: true,
  recovered: true,
  late: true,
  paused: true,
  drift: true,
  succeeded: false,
  desktop: false
};

/** How an alert looks: what JupyterLab calls the type of a notification. */
export type AlertLook = 'error' | 'success' | 'warning';

const LOOKS: Readonly<Record<string, AlertLook>> = {
  failed: 'error',
  late: 'error',
  recovered: 'success',
  succeeded: 'success',
  paused: 'warning',
  drift: 'warning',
  'drift-over': 'success'
};

/**
 * Which alerts are shown, and how; each once, however often the server tells it.
 */
export class Alerts {
  choices: AlertChoices = USUAL;

  /** How to show an alert; `null` where it is not to be shown. */
  take(event: AlertEvent): AlertLook | null {
    if (this.known.has(event.id)) {
      return null;
    }
    this.known.add(event.id);
    return this.wants(event) ? (LOOKS[event.kind] ?? null) : null;
  }

  /** A recovery is a success as well; the end of a drift is told with it. */
  private wants({ kind }: AlertEvent): boolean {
    const { recovered, succeeded, drift } = this.choices;
    if (kind === 'recovered') {
      return recovered || succeeded;
    }
    if (kind === 'drift-over') {
      return drift;
    }
    return kind !== 'test' && this.choices[kind];
  }

  private readonly known = new Set<string>();
}

/** The choices that settings say; what they do not say is as usual. */
export function choicesOf(
  settings: Readonly<Record<string, unknown>>
): AlertChoices {
  const chosen = (name: keyof AlertChoices): boolean => {
    const said = settings[name];
    return typeof said === 'boolean' ? said : USUAL[name];
  };
  return {
    failed: chosen('failed'),
    recovered: chosen('recovered'),
    late: chosen('late'),
    paused: chosen('paused'),
    drift: chosen('drift'),
    succeeded: chosen('succeeded'),
    desktop: chosen('desktop')
  };
}
