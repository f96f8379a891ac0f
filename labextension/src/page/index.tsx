import { PageConfig } from '@jupyterlab/coreutils';
import { EventManager, ServerConnection } from '@jupyterlab/services';
import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { PageApp } from './PageApp';
import { ProjectPage } from './projectPage';
import { translatorOf } from './translator';
import type { Texts } from './translator';

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

async function begin(): Promise<void> {
  followTheme();
  forgetToken();
  const language = PageConfig.getOption('language') || 'en';
  const translator = await translatorOf(
    language,
    JSON.parse(PageConfig.getOption('texts') || '{}') as Texts
  );
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
