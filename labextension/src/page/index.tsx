import { PageConfig } from '@jupyterlab/coreutils';
import { EventManager, ServerConnection } from '@jupyterlab/services';
import { TranslationManager } from '@jupyterlab/translation';
import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { PageApp } from './PageApp';
import { ProjectPage } from './projectPage';

/** The texts of a language, which came with the page. */
type Texts = Readonly<Record<string, unknown>>;

/** Colours follow the system: styles of JupyterLab ask the body which ones these are. */
function followTheme(): void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const tell = (): void => {
    document.body.dataset.jpThemeLight = String(!dark.matches);
  };
  dark.addEventListener('change', tell);
  tell();
}

/** The token has done its work once there is a cookie: it need not stay in the history. */
function forgetToken(): void {
  const address = new URL(window.location.href);
  if (address.searchParams.has('token')) {
    address.searchParams.delete('token');
    window.history.replaceState(null, '', address);
  }
}

async function translatorOf(language: string): Promise<TranslationManager> {
  const data = {
    nbmlops: JSON.parse(PageConfig.getOption('texts') || '{}') as Texts
  };
  const fetch = (): Promise<unknown> => Promise.resolve({ data });
  const connector = { fetch } as ConstructorParameters<
    typeof TranslationManager
  >[3];
  const found = new TranslationManager('', undefined, undefined, connector);
  await found.fetch(language);
  return found;
}

async function begin(): Promise<void> {
  followTheme();
  forgetToken();
  const language = PageConfig.getOption('language') || 'en';
  const translator = await translatorOf(language);
  const settings = ServerConnection.makeSettings();
  const events = new EventManager({ serverSettings: settings });
  const page = new ProjectPage(settings, events, address => {
    window.location.hash = address;
  });
  const node = document.getElementById('nbmlops-page');
  if (node) {
    createRoot(node).render(
      <PageApp
        page={page}
        project={PageConfig.getOption('project')}
        language={{
          trans: translator.load('nbmlops'),
          locale: language.replace('_', '-')
        }}
      />
    );
  }
}

void begin();
