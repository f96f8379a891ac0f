import { python } from '@codemirror/lang-python';
import { MergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { jupyterTheme } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { useSurroundings } from './surroundings';

/** Lines around a change that stay to be seen, and how many equal ones are folded at least. */
const FOLDED = { margin: 3, minSize: 4 };

/** One side: what it is called, and its Python source. */
export interface Side {
  readonly label: string;
  readonly source: string;
}

/**
 * Two sources side by side in JupyterLab's editor, read-only, equal lines folded.
 *
 * It brings CodeMirror's merge view: load it with `React.lazy`.
 */
export function SourceMerge(props: {
  readonly before: Side;
  readonly after: Side;
}): React.JSX.Element {
  const { before, after } = props;
  const { trans } = useSurroundings();
  const node = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    if (node.current === null) {
      return;
    }
    const view = new MergeView({
      a: { doc: before.source, extensions: extensions(before.label, trans) },
      b: { doc: after.source, extensions: extensions(after.label, trans) },
      parent: node.current,
      collapseUnchanged: FOLDED
    });
    return () => view.destroy();
  }, [before.label, before.source, after.label, after.source, trans]);
  return <div ref={node} className="nbm-Merge" />;
}

function extensions(label: string, trans: TranslationBundle): Extension[] {
  return [
    jupyterTheme,
    python(),
    lineNumbers(),
    EditorView.lineWrapping,
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorState.phrases.of({
      '$ unchanged lines': trans.__('$ unchanged lines')
    }),
    // Not editable, it would be out of reach of the keyboard, by which it is scrolled.
    EditorView.contentAttributes.of({
      'aria-label': label,
      'aria-readonly': 'true',
      tabindex: '0'
    })
  ];
}
