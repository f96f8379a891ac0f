import { caretDownIcon, caretUpIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Listed } from '../model/pagedTable';
import type { Column, Table } from './tableColumns';
import { useSurroundings } from './surroundings';

/** Pixels of a row; the style sheet says the same. */
export const ROW_HEIGHT = 28;

/** Rows above and below those in sight that are drawn as well. */
const MARGIN = 12;

/**
 * The list itself: of a hundred thousand rows only those in sight are in the document.
 *
 * The rows are moved through with the arrow keys, and chosen with the space bar.
 */
export function TableGrid<Row extends Listed>(props: {
  readonly label: string;
  readonly table: Table<Row>;
  readonly columns: ReadonlyArray<Column<Row>>;
}): React.JSX.Element {
  const { label, table, columns } = props;
  const total = table.count ?? 0;
  const scroller = React.useRef<HTMLDivElement>(null);
  const [sight, setSight] = React.useState({ first: 0, last: 40 });
  const [active, setActive] = React.useState(0);
  const id = React.useId();

  const look = React.useCallback(() => {
    const node = scroller.current;
    if (node) {
      const first = Math.floor(node.scrollTop / ROW_HEIGHT);
      const last = first + Math.ceil(node.clientHeight / ROW_HEIGHT);
      setSight({ first, last });
    }
  }, []);
  React.useEffect(() => {
    const node = scroller.current;
    const observer = new ResizeObserver(look);
    if (node) {
      observer.observe(node);
    }
    return () => observer.disconnect();
  }, [look]);
  React.useEffect(() => {
    setActive(0);
    scroller.current?.scrollTo?.({ top: 0 });
  }, [table.state.choice, total]);

  const from = Math.max(0, sight.first - MARGIN);
  const to = Math.min(total, sight.last + MARGIN);
  React.useEffect(() => table.want(from, to), [table, from, to, total]);

  const move = (event: React.KeyboardEvent): void => {
    const next = movedBy(event.key, active, total, sight.last - sight.first);
    if (next !== null) {
      event.preventDefault();
      setActive(next);
      reveal(scroller.current, next);
    }
    const row = table.row(active);
    if (event.key === ' ' && row && event.target === scroller.current) {
      event.preventDefault();
      table.toggle(row);
    }
  };
  const widths = columns.map(column => column.width).join(' ');
  const shown = Array.from(
    { length: Math.max(0, to - from) },
    (_, at) => from + at
  );
  return (
    <div
      ref={scroller}
      className="nbm-Executions-scroller"
      role="grid"
      aria-label={label}
      aria-rowcount={total + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable="true"
      aria-activedescendant={total > 0 ? `${id}-${active}` : undefined}
      tabIndex={0}
      style={{ ['--nbm-columns' as string]: widths }}
      onScroll={look}
      onKeyDown={move}
    >
      <Head table={table} columns={columns} />
      <div
        role="rowgroup"
        className="nbm-Executions-rows"
        style={{ height: total * ROW_HEIGHT }}
      >
        {shown.map(index => (
          <Line
            key={index}
            id={`${id}-${index}`}
            index={index}
            row={table.row(index)}
            columns={columns}
            isActive={index === active}
            isSelected={table.state.selected.some(
              one => one.id === table.row(index)?.id
            )}
            onChoose={row => {
              setActive(index);
              table.toggle(row);
            }}
          />
        ))}
      </div>
    </div>
  );
}

/** Where a key leads from a row; `null` for keys that lead nowhere. */
export function movedBy(
  key: string,
  from: number,
  total: number,
  page: number
): number | null {
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -from,
    End: total
  };
  const step = steps[key];
  return step === undefined
    ? null
    : Math.max(0, Math.min(total - 1, from + step));
}

function reveal(node: HTMLDivElement | null, index: number): void {
  if (!node) {
    return;
  }
  const top = index * ROW_HEIGHT;
  const height = node.clientHeight - ROW_HEIGHT; // below the heading
  if (top < node.scrollTop) {
    node.scrollTop = top;
  } else if (top + ROW_HEIGHT > node.scrollTop + height) {
    node.scrollTop = top + ROW_HEIGHT - height;
  }
}

function Head<Row extends Listed>(props: {
  readonly table: Table<Row>;
  readonly columns: ReadonlyArray<Column<Row>>;
}): React.JSX.Element {
  const { table, columns } = props;
  const { trans } = useSurroundings();
  const { sort, metric, descending } = table.state.choice;
  return (
    <div role="row" aria-rowindex={1} className="nbm-Executions-head">
      <span role="columnheader">
        <span className="nbm-Hidden">{trans.__('Chosen')}</span>
      </span>
      {columns.map(column => {
        const isSorted =
          column.sort === sort &&
          (column.sort !== 'metric' || column.metric === metric);
        const order = descending ? 'descending' : 'ascending';
        const Caret = descending ? caretDownIcon : caretUpIcon;
        return (
          <span
            key={column.key}
            role="columnheader"
            aria-sort={isSorted ? order : 'none'}
          >
            {column.sort ? (
              <button
                type="button"
                className="nbm-Button"
                onClick={() => table.sortBy(column.sort, column.metric)}
              >
                {column.title}
                {isSorted && <Caret.react tag="span" height="12px" />}
              </button>
            ) : (
              column.title
            )}
          </span>
        );
      })}
    </div>
  );
}

function Line<Row extends Listed>(props: {
  readonly id: string;
  readonly index: number;
  readonly row: Row | undefined;
  readonly columns: ReadonlyArray<Column<Row>>;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly onChoose: (row: Row) => void;
}): React.JSX.Element {
  const { id, index, row, columns, isActive, isSelected, onChoose } = props;
  const { trans, locale, now } = useSurroundings();
  const classes = ['nbm-Executions-row'];
  if (isActive) {
    classes.push('nbm-mod-active');
  }
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      aria-busy={row === undefined}
      className={classes.join(' ')}
      style={{ transform: `translateY(${index * ROW_HEIGHT}px)` }}
      onClick={() => row && onChoose(row)}
    >
      <span role="gridcell" className="nbm-Executions-mark">
        {isSelected ? '✓' : ''}
      </span>
      {columns.map(column => (
        <span
          role="gridcell"
          key={column.key}
          title={row && column.hint?.(row)}
        >
          {row ? column.cell(row, { trans, locale, now }) : '…'}
        </span>
      ))}
    </div>
  );
}
