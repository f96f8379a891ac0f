import type { TranslationBundle } from '@jupyterlab/translation';
import {
  checkIcon,
  circleEmptyIcon,
  closeIcon,
  editIcon,
  refreshIcon
} from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';

import type { BadgeState, CellBadge } from '../model/cellBadge';
import { durationText } from '../model/format';
import { spoken } from './problemText';

interface Appearance {
  readonly icon: LabIcon;
  readonly tone: 'good' | 'bad' | 'busy' | 'quiet';
  readonly label: string;
}

/**
 * Draw a badge into its button. Plain DOM: there may be hundreds in a notebook, each of which
 * changes rarely and alone.
 */
export function drawBadge(
  button: HTMLButtonElement,
  badge: CellBadge,
  trans: TranslationBundle
): void {
  const { icon, tone, label } = appearance(badge.state, trans);
  const words = [label, ...extras(badge, trans)];
  button.className = `nbm-CellBadge nbm-mod-${tone}`;
  button.title = [
    ...(badge.requested === null
      ? []
      : [trans.__('Changes requested by %1', badge.requested)]),
    ...badge.reasons,
    ...(badge.unapproved === null
      ? []
      : [trans.__('%1, which is approved, has other code.', badge.unapproved)]),
    badge.problem === null
      ? trans.__('Show %1 in the MLOps panel', badge.step)
      : spoken(badge.problem, trans)
  ].join('\n');
  button.setAttribute(
    'aria-label',
    trans.__('Step %1: %2', badge.version ?? badge.step, words.join(', '))
  );
  button.replaceChildren(
    icon.element({ tag: 'span', height: '12px', width: '12px' }),
    part('nbm-CellBadge-name', badge.version ?? badge.step),
    part('nbm-CellBadge-state', label),
    ...words.slice(1).map(word => part('nbm-CellBadge-extra', word))
  );
}

/** All that `drawBadge` shows of a badge: equal texts look equal. */
export function badgeText(badge: CellBadge): string {
  return JSON.stringify(badge);
}

function extras(badge: CellBadge, trans: TranslationBundle): string[] {
  return [
    ...(badge.requested === null ? [] : [trans.__('changes requested')]),
    ...(badge.unapproved === null ? [] : [trans.__('changed since approval')]),
    ...(badge.duration === null ? [] : [durationText(badge.duration)]),
    ...(badge.taken === null ? [] : [trans.__('cache hit in %1', badge.taken)])
  ];
}

function part(className: string, text: string): HTMLSpanElement {
  const span = document.createElement('span');
  span.className = className;
  span.textContent = text;
  return span;
}

function appearance(state: BadgeState, trans: TranslationBundle): Appearance {
  switch (state) {
    case 'fresh':
      return { icon: checkIcon, tone: 'good', label: trans.__('fresh') };
    case 'as saved':
      return {
        icon: circleEmptyIcon,
        tone: 'quiet',
        label: trans.__('fresh as saved')
      };
    case 'edited':
      return { icon: editIcon, tone: 'busy', label: trans.__('edited') };
    case 'stale':
      return { icon: refreshIcon, tone: 'busy', label: trans.__('stale') };
    case 'failed':
      return { icon: closeIcon, tone: 'bad', label: trans.__('failed') };
    case 'never run':
      return {
        icon: circleEmptyIcon,
        tone: 'quiet',
        label: trans.__('never run')
      };
    case 'not recorded':
      return {
        icon: circleEmptyIcon,
        tone: 'quiet',
        label: trans.__('not recorded')
      };
    case 'no step':
      return { icon: closeIcon, tone: 'bad', label: trans.__('no step') };
    case 'unknown':
      return { icon: circleEmptyIcon, tone: 'quiet', label: trans.__('?') };
  }
}
