/** A list with one current row: moved by keys or by a click, opened, selected. */
import { html, useLayoutEffect, useRef, useState } from "./html.js";
import { Action } from "./ui.js";

/**
 * Which row is the current one, and which ones are selected. The focus is in the current row, so that a screen reader reads it.
 *
 * @template T
 * @param {T[]} rows
 * @param {(row: T) => string | number} keyOf
 */
export function useRows(rows, keyOf) {
  const [currentKey, setCurrent] = useState(null);
  const [selected, setSelected] = useState(() => new Set());
  const box = useRef(null);
  const wanted = useRef(false);
  let index = rows.findIndex((row) => keyOf(row) === currentKey);
  if (index < 0) {
    index = rows.length ? 0 : -1;
  }
  useLayoutEffect(() => {
    if (wanted.current) {
      wanted.current = false;
      box.current?.querySelector('[data-current="true"]')?.focus();
    }
  });
  function move(to) {
    if (rows.length) {
      wanted.current = true;
      setCurrent(keyOf(rows[Math.max(0, Math.min(rows.length - 1, to))]));
    }
  }
  function toggle(row) {
    const key = keyOf(row);
    setSelected((now) => {
      const next = new Set(now);
      if (!next.delete(key)) {
        next.add(key);
      }
      return next;
    });
  }
  return {
    box, index, current: rows[index], move, toggle, selected,
    chosen: rows.filter((row) => selected.has(keyOf(row))),
    selectAll: (all) => setSelected(new Set(all ? rows.map(keyOf) : [])),
    isCurrent: (row) => keyOf(row) === (rows[index] && keyOf(rows[index])),
    /** What the element of a row needs. */
    props: (row, open) => ({
      tabindex: keyOf(row) === keyOf(rows[index]) ? 0 : -1,
      "data-current": String(keyOf(row) === keyOf(rows[index])),
      onFocus: () => setCurrent(keyOf(row)),
      onClick: () => setCurrent(keyOf(row)),
      onDblclick: open && (() => open(row)),
    }),
  };
}

/** The controls that move through a list. */
export function RowActions({ list, open, openLabel = "Open", select }) {
  return html`
    <${Action} id="next" keys="j" label="Next" compact run=${() => list.move(list.index + 1)} off=${!list.current} />
    <${Action} id="previous" keys="k" label="Previous" compact run=${() => list.move(list.index - 1)} off=${!list.current} />
    ${open ? html`<${Action} id="open" keys="Enter" label=${openLabel} compact run=${() => open(list.current)} off=${!list.current} />` : null}
    ${select ? html`<${Action} id="select" keys="x" label="Select" compact run=${() => list.toggle(list.current)} off=${!list.current} />` : null}`;
}
