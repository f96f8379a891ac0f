import * as React from 'react';

import { useSurroundings } from './surroundings';

/** What a report of a problem should hold: folded, with a button that copies it. */
export function Details({
  text
}: {
  readonly text: string;
}): React.JSX.Element {
  const { trans } = useSurroundings();
  const [copied, setCopied] = React.useState<string | null>(null);
  const shown = React.useRef<HTMLPreElement>(null);
  const copy = async (): Promise<void> => {
    if (shown.current && (await toClipboard(shown.current))) {
      setCopied(text);
    }
  };
  return (
    <details className="nbm-Details">
      <summary>{trans.__('Details')}</summary>
      <pre ref={shown} tabIndex={0}>
        {text}
      </pre>
      <button
        type="button"
        className="nbm-Button nbm-mod-text"
        onClick={() => void copy()}
      >
        {trans.__('Copy details')}
      </button>{' '}
      <span role="status">{copied === text && trans.__('Copied.')}</span>
    </details>
  );
}

/**
 * Copy what a node shows, which stays marked where the browser refuses: it lets no page write by
 * itself that was not fetched safely.
 */
async function toClipboard(node: HTMLElement): Promise<boolean> {
  window.getSelection()?.selectAllChildren(node);
  try {
    await navigator.clipboard.writeText(node.textContent ?? '');
    return true;
  } catch {
    return document.execCommand('copy');
  }
}
