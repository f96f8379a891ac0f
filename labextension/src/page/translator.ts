import { TranslationManager } from '@jupyterlab/translation';

/** The texts of a language, as language packs have them. */
export type Texts = Readonly<Record<string, unknown>>;

/** Speaks a language whose texts are there already. */
export async function translatorOf(
  language: string,
  texts: Texts
): Promise<TranslationManager> {
  const data = { nbmlops: texts };
  const fetch = (): Promise<unknown> => Promise.resolve({ data });
  const connector = { fetch } as ConstructorParameters<
    typeof TranslationManager
  >[3];
  const found = new TranslationManager('', undefined, undefined, connector);
  await found.fetch(language);
  return found;
}
