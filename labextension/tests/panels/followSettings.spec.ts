import { SettingRegistry } from '@jupyterlab/settingregistry';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { nullTranslator } from '@jupyterlab/translation';
import type { ITranslator } from '@jupyterlab/translation';
import { afterEach, describe, expect, it, vi } from 'vitest';

import badges from '../../schema/badges.json';
import panel from '../../schema/panel.json';
import status from '../../schema/status.json';
import { BADGE_PARTS } from '../../src/model/cellBadge';
import { followSettings, namesOn } from '../../src/panels/followSettings';
import type { Chosen } from '../../src/panels/followSettings';

const ID = 'nbmlops:badges';

/** JupyterLab's settings over a server in memory that knows one plugin. */
function registry(raw = '{}'): SettingRegistry {
  const schema = badges as unknown as ISettingRegistry.ISchema;
  let kept = raw;
  return new SettingRegistry({
    connector: {
      fetch: (id: string) =>
        Promise.resolve(
          id === ID
            ? {
                id,
                raw: kept,
                schema,
                version: '1',
                data: { composite: {}, user: {} }
              }
            : undefined
        ),
      list: () => Promise.resolve({ ids: [], values: [] }),
      remove: () => Promise.resolve(),
      save: (_: string, written: string) => {
        kept = written;
        return Promise.resolve();
      }
    }
  });
}

async function followed(
  settings: ISettingRegistry | null,
  other: { plugin?: string; translator?: ITranslator } = {}
): Promise<Chosen[]> {
  const { plugin = ID, translator = nullTranslator } = other;
  const told: Chosen[] = [];
  await followSettings(settings, plugin, translator, chosen =>
    told.push(chosen)
  );
  return told;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('settings that are followed', () => {
  it('are told before the caller goes on, and again as soon as they are changed', async () => {
    const settings = registry('{"duration": false}');
    const told = await followed(settings);
    expect(told).toEqual([
      { shown: true, duration: false, approvals: true, cacheHits: true }
    ]);
    await settings.set(ID, 'shown', false);
    expect(told.at(-1)).toMatchObject({ shown: false, duration: false });
  });

  it('are read once more for who reads another language than English', async () => {
    const settings = registry();
    const german = { languageCode: 'de_DE' } as ITranslator;
    const told = await followed(settings, { translator: german });
    await vi.waitFor(() => expect(told).toHaveLength(2));
    await settings.set(ID, 'shown', false);
    expect(told.at(-1)).toMatchObject({ shown: false });
  });

  it('are as usual where there are none, and where they cannot be read', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(await followed(null)).toEqual([]);
    expect(warned).not.toHaveBeenCalled();
    expect(await followed(registry(), { plugin: 'nbmlops:none' })).toEqual([]);
    expect(warned).toHaveBeenCalledTimes(1);
  });
});

describe('what can be chosen', () => {
  it('is all on where nobody has chosen', () => {
    for (const { properties } of [badges, panel, status]) {
      for (const [name, property] of Object.entries(properties)) {
        expect(property.default, name).toBe(true);
      }
    }
    expect(namesOn(['a', 'b'], { b: false, c: false })).toEqual(new Set(['a']));
  });

  it('of badges is what they know', () => {
    expect(Object.keys(badges.properties)).toEqual(BADGE_PARTS);
  });
});
