/** JupyterLab writes "de_DE", and "default" where the reader chose no language. */
export function bcp47(languageCode: string): string {
  const tag = languageCode.replace('_', '-');
  return Intl.DateTimeFormat.supportedLocalesOf([tag])[0] ?? 'en';
}
