import { undoIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ValueRecord, VersionRow } from '../contract/wire';
import { useSurroundings } from './surroundings';
import { ValueItem } from './ValueItem';

/**
 * What a version made, and a button that puts it back into the kernel. It is read when it is opened and after each further execution; no value is
 * loaded for it. `values` is `undefined` until they were read.
 */
export function VersionValues(props: {
  readonly row: VersionRow;
  readonly values: readonly ValueRecord[] | undefined;
  readonly onLook: () => void;
  readonly onRestore: () => void;
}): React.JSX.Element {
  const { row, values, onLook, onRestore } = props;
  const { trans, outside, kernel } = useSurroundings();
  const [open, setOpen] = React.useState(false);
  React.useEffect(() => {
    if (open) {
      onLook();
    }
  }, [open, row.executions, row.started_at]);
  return (
    <div className="nbm-Values">
      <div className="nbm-Values-heading">
        <button
          type="button"
          className="nbm-Button"
          aria-expanded={open}
          aria-label={trans.__('Values of %1', row.reference)}
          title={trans.__('What it made, without loading it')}
          onClick={() => setOpen(!open)}
        >
          <span aria-hidden="true">{open ? '▾' : '▸'}</span>
          {trans.__('Values')}
        </button>
        {(!outside || kernel) && (
          <button
            type="button"
            className="nbm-Button"
            aria-label={trans.__('Restore values of %1', row.reference)}
            title={trans.__(
              'Put what %1 made back into the kernel',
              row.reference
            )}
            onClick={onRestore}
          >
            <undoIcon.react tag="span" height="14px" width="14px" />
            {trans.__('Restore values')}
          </button>
        )}
      </div>
      {open && values?.length === 0 && (
        <p className="nbm-Facts">{trans.__('It left no values.')}</p>
      )}
      {open &&
        values?.map(value => (
          <ValueItem
            key={value.name}
            value={value}
            open={values.length === 1}
          />
        ))}
    </div>
  );
}
