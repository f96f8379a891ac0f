import type { TranslationBundle } from '@jupyterlab/translation';

import type { AlertEvent } from '../contract/wire';

/** What an alert says: which schedule and run, what became of it, and why. */
export function alertText(event: AlertEvent, trans: TranslationBundle): string {
  const { kind, message, count, pipeline, version } = event;
  const of = `${event.schedule ?? ''}`;
  const name = event.run ?? `${pipeline}@${version}`;
  switch (kind) {
    case 'failed': {
      const why = message || trans.__('%1 failed.', name);
      return count > 1
        ? trans.__('Schedule %1, %2 failures in a row: %3', of, count, why)
        : trans.__('Schedule %1: %2', of, why);
    }
    case 'recovered':
      return trans._n(
        'Schedule %2: %3 succeeded after %1 failure.',
        'Schedule %2: %3 succeeded after %1 failures.',
        count,
        of,
        name
      );
    case 'succeeded':
      return trans.__('Schedule %1: %2 succeeded.', of, name);
    case 'late':
      return trans.__('Schedule %1: %2 has missed its deadline.', of, name);
    case 'paused': {
      const paused = trans.__('Schedule %1: %2 is paused.', of, name);
      return [paused, message].filter(Boolean).join(' ');
    }
    case 'drift':
      return count > 1
        ? trans.__('%1, %2 runs in a row with drift: %3', name, count, message)
        : trans.__('%1 finds drift: %2', name, message);
    case 'drift-over':
      return trans._n(
        '%2 finds no drift any more after %1 run with drift.',
        '%2 finds no drift any more after %1 runs with drift.',
        count,
        name
      );
    case 'test':
      return message;
  }
}
