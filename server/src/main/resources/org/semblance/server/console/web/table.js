/** A table of many rows, of which those are drawn that can be seen. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";

const ROW = 40;
const BEYOND = 10;

/**
 * @param {object} props
 * @param {string} props.label
 * @param {any[]} props.rows
 * @param {(row: any) => string | number} props.keyOf
 * @param {[string, (row: any) => any, string?][]} props.columns heading, content of a cell, class
 * @param {ReturnType<typeof import("./rows.js").useRows>} props.list
 * @param {(row: any) => void} [props.open]
 * @param {boolean} [props.select] whether rows can be selected
 * @param {() => void} [props.more] asks for the next page, if there is one
 */
export function Table({ label, rows, keyOf, columns, list, open, select, more }) {
  const box = list.box;
  const [first, setFirst] = useState(0);
  const [shown, setShown] = useState(30);

  function look() {
    const { scrollTop, clientHeight } = box.current;
    setFirst(Math.max(0, Math.floor(scrollTop / ROW) - BEYOND));
    setShown(Math.ceil(clientHeight / ROW) + 2 * BEYOND);
  }
  useLayoutEffect(look, []);
  useEffect(() => {
    if (more && first + shown >= rows.length) {
      more();
    }
  });
  useEffect(() => {
    const top = list.index * ROW;
    const area = box.current;
    if (list.index >= 0 && document.activeElement?.closest(".table") === area
        && (top < area.scrollTop || top + 2 * ROW > area.scrollTop + area.clientHeight)) {
      area.scrollTop = top - area.clientHeight / 2;
      look();
    }
  }, [list.index]);

  const last = Math.min(rows.length, first + shown);
  const width = columns.length + (select ? 1 : 0);
  const space = (count, key) => count > 0
    ? html`<tr key=${key} aria-hidden="true" class="space"><td colspan=${width} style=${{ height: `${count * ROW}px` }}></td></tr>` : null;
  return html`<div class="table" ref=${box} onScroll=${look}>
    <table aria-label=${label} aria-rowcount=${more ? -1 : rows.length + 1}>
      <thead><tr>${select ? html`<th class="check"><input type="checkbox" aria-label="Select all that are loaded"
        checked=${rows.length > 0 && list.selected.size === rows.length} onChange=${(e) => list.selectAll(e.target.checked)} /></th>` : null}
        ${columns.map(([title, , kind]) => html`<th scope="col" key=${title} class=${kind || ""}>${title}</th>`)}</tr></thead>
      <tbody>${space(first, "above")}
        ${rows.slice(first, last).map((row, i) => html`<tr key=${keyOf(row)} ...${list.props(row, open)} aria-rowindex=${first + i + 2}
            class=${list.selected.has(keyOf(row)) ? "selected" : ""}>
          ${select ? html`<td class="check"><input type="checkbox" tabindex="-1" aria-label=${`Select ${keyOf(row)}`}
            checked=${list.selected.has(keyOf(row))} onChange=${() => list.toggle(row)} /></td>` : null}
          ${columns.map(([title, cell, kind]) => html`<td key=${title} class=${kind || ""}>${cell(row)}</td>`)}</tr>`)}
        ${space(rows.length - last, "below")}</tbody>
    </table></div>`;
}

/**
 * Rows that come page by page.
 *
 * @param {(from: any) => Promise<{rows: any[], next: any}>} load gives a page from where the one before ended
 * @param {any[]} depends
 */
export function usePages(load, depends) {
  const [state, setState] = useState({ rows: [], next: undefined, loading: true });
  const turn = useRef(0);
  const busy = useRef(0); // the turn of which a page is on its way
  async function page(from, mine) {
    try {
      const { rows, next } = await load(from);
      if (turn.current === mine) {
        setState((now) => ({ rows: from === undefined ? rows : [...now.rows, ...rows], next, loading: !rows.length && next !== undefined }));
        if (!rows.length && next !== undefined) {
          await page(next, mine); // A page may be empty and still have a next one.
        }
      }
    } catch (problem) {
      if (turn.current === mine) {
        setState((now) => ({ ...now, rows: from === undefined ? [] : now.rows, problem, next: undefined, loading: false }));
      }
    }
  }
  useEffect(() => {
    setState((now) => ({ ...now, problem: undefined, loading: true }));
    page(undefined, ++turn.current);
  }, depends);
  async function more() {
    const mine = turn.current;
    if (busy.current !== mine) {
      busy.current = mine;
      await page(state.next, mine);
      busy.current = busy.current === mine ? 0 : busy.current;
    }
  }
  return { ...state, more: state.next === undefined ? undefined : more };
}
