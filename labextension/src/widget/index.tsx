import { ServerConnection } from '@jupyterlab/services';
import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { addressOf } from '../model/route';
import { ProjectPage } from '../page/projectPage';
import { translatorOf } from '../page/translator';
import type { Texts } from '../page/translator';
import { ADDRESS, Kernel } from './kernel';
import type { Channel } from './kernel';
import { KernelEvents } from './kernelEvents';
import { KernelNotebook } from './kernelNotebook';
import { PanelApp } from './PanelApp';
import { Router } from './router';

/** What the kernel says at first: where the panel is, and how it speaks. */
interface Begun {
  readonly notebook: string;
  readonly step: string | null;
  readonly language: string;
  readonly texts: Texts;
}

/** Colours are those of JupyterLab; where there are none, ours, which follow the system. */
function followTheme(el: HTMLElement): () => void {
  const styles = window.getComputedStyle(document.documentElement);
  if (styles.getPropertyValue('--jp-layout-color1') !== '') {
    return () => undefined;
  }
  el.classList.add('nbm-mod-alone');
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const tell = (): void => {
    el.dataset.jpThemeLight = String(!dark.matches);
  };
  dark.addEventListener('change', tell);
  tell();
  return () => dark.removeEventListener('change', tell);
}

/**
 * Keys that are typed in here are not for the notebook around it, but for those with Ctrl and such.
 *
 * JupyterLab asks the element that has the focus, before anything that is around it.
 */
function takeKeys(el: HTMLElement): () => void {
  const take = (event: KeyboardEvent): void => {
    const { target, ctrlKey, metaKey, altKey } = event;
    if (target instanceof Element && el.contains(target)) {
      const mine = !(ctrlKey || metaKey || altKey);
      target.toggleAttribute('data-lm-suppress-shortcuts', mine);
    }
  };
  window.addEventListener('keydown', take, true);
  return () => window.removeEventListener('keydown', take, true);
}

/** The languages that the reader prefers: that of the page around us first. */
function preferred(): string {
  const page = document.documentElement.lang;
  return [page, ...navigator.languages].filter(Boolean).join(',');
}

/** Show the panel in an element, until what this resolves with is called. */
async function render(given: {
  readonly model: Channel;
  readonly el: HTMLElement;
}): Promise<() => void> {
  const { model, el } = given;
  el.classList.add('nbm-Page', 'nbm-Widget');
  const leaveKeys = takeKeys(el);
  const leaveTheme = followTheme(el);
  const kernel = new Kernel(model);
  const answer = await kernel.ask('begin', { languages: preferred() });
  const { notebook, step, language, texts } = JSON.parse(answer.body) as Begun;
  const translator = await translatorOf(language, texts);
  const settings = ServerConnection.makeSettings({
    baseUrl: ADDRESS,
    fetch: kernel.fetch as typeof globalThis.fetch,
    init: { cache: 'default' },
    token: ''
  });
  const seen = (): boolean => !document.hidden && el.offsetParent !== null;
  const events = new KernelEvents(kernel, seen);
  const router = new Router(addressOf({ page: 'steps', notebook }));
  const page = new ProjectPage(
    settings,
    events,
    router.go,
    (path, show) => new KernelNotebook(path, show, kernel)
  );
  page.follow(notebook);
  if (step !== null) {
    page.model.open(step);
  }
  const root = createRoot(el);
  const trans = translator.load('nbmlops');
  root.render(
    <PanelApp
      page={page}
      kernel={kernel}
      router={router}
      notebook={notebook}
      language={{ trans, locale: language.replace('_', '-') }}
    />
  );
  return () => {
    root.unmount();
    events.dispose();
    kernel.dispose();
    leaveTheme();
    leaveKeys();
  };
}

export default { render };
