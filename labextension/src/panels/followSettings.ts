import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ITranslator } from '@jupyterlab/translation';

/** What a plugin's settings say, by their names; what nobody has chosen is as in its schema. */
export type Chosen = Readonly<Record<string, unknown>>;

/**
 * Call `follow` with what the settings of a plugin say, now and whenever somebody changes them;
 * resolves once it was called. Without settings, or where they cannot be read, it is not called.
 */
export async function followSettings(
  registry: ISettingRegistry | null,
  plugin: string,
  translator: ITranslator,
  follow: (chosen: Chosen) => void
): Promise<void> {
  if (registry === null) {
    return;
  }
  try {
    const settings = await registry.load(plugin);
    follow(settings.composite);
    settings.changed.connect(() => follow(settings.composite));
    if (!translator.languageCode.startsWith('en')) {
      // the list that JupyterLab begins with is English; what is read again is the reader's
      void registry.reload(plugin).catch(tell);
    }
  } catch (error) {
    tell(error);
  }

  function tell(error: unknown): void {
    console.warn(`${plugin}: settings`, error);
  }
}

/** Which of the names are on; one of which nothing is said is. */
export function namesOn<Name extends string>(
  names: readonly Name[],
  chosen: Chosen
): ReadonlySet<Name> {
  return new Set(names.filter(name => chosen[name] !== false));
}
