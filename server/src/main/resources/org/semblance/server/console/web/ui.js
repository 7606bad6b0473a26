/** Small parts that every screen is made of. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { ariaKeys, keyOf, shownKeys, useAction } from "./keys.js";
import { prefs } from "./prefs.js";
import { useStore } from "./store.js";

/**
 * A button and the key that does the same.
 *
 * @param {{id?: string, keys?: string, label: string, run: () => void, release?: () => void, kind?: string, off?: boolean,
 *     title?: string, compact?: boolean}} props release: what the end of a press does, for what lasts while the key is held
 */
export function Action({ id, keys, label, run, release, kind = "", off = false, title, compact }) {
  const { shortcuts } = useStore(prefs);
  useAction({ id: id || label, label, keys, run, release, off });
  const own = keys && shortcuts ? keyOf(id || label, keys) : "";
  const hold = release && {
    onPointerdown: run,
    onPointerup: release,
    onPointerleave: release,
    onKeydown: (e) => !e.repeat && (e.key === " " || e.key === "Enter") && run(),
    onKeyup: release,
    onBlur: release,
  };
  return html`<button type="button" class=${`button ${kind} ${compact ? "compact" : ""}`} disabled=${off} title=${title}
    data-action=${id} aria-keyshortcuts=${ariaKeys(own)} onClick=${release ? undefined : run} ...${hold || {}}>${label}${
    own ? html` <kbd aria-hidden="true">${shownKeys(own)}</kbd>` : null}</button>`;
}

/** The head of a screen: its title, and what can be done. */
export function Head({ title, hint, children }) {
  const heading = useRef(null);
  useLayoutEffect(() => {
    document.title = `${title} – Semblance`;
    heading.current.focus({ preventScroll: true });
  }, [title]);
  return html`<header class="head">
    <div><h1 tabindex="-1" ref=${heading}>${title}</h1>${hint ? html`<p class="hint">${hint}</p>` : null}</div>
    <div class="actions">${children}</div>
  </header>`;
}

/** What went wrong, in the words of the server. */
export function Trouble({ problem, what }) {
  if (!problem) {
    return null;
  }
  return problem.isMissing
    ? html`<p class="note" role="status">This server does not have ${what || "this"} yet.</p>`
    : html`<p class="note bad" role="alert">${problem.message}</p>`;
}

/** Says that there is nothing, or not yet. */
export const Empty = ({ children }) => html`<p class="empty">${children}</p>`;

export const Loading = () => html`<p class="empty" role="status">Loading…</p>`;

/** A word that says a state; the colour only repeats it. */
export const Badge = ({ kind = "", children }) => html`<span class=${`badge ${kind}`}>${children}</span>`;

const OUTCOMES = {
  match: "bad", no_match: "good", suppressed: "", likely: "warn", quarantined: "warn", enabled: "good", disabled: "",
  withdrawn: "", proposed: "warn", active: "good", revoked: "", expired: "", confirmed: "bad", false_match: "good",
  open: "warn", approved: "good", rejected: "",
};

/** A verdict, a status or another word of the API. */
export const Word = ({ of }) => html`<${Badge} kind=${OUTCOMES[of] ?? "warn"}>${String(of).replaceAll("_", " ")}<//>`;

export const Labels = ({ of }) => html`${(of || []).map((label) => html`<span class="label" key=${label}>${label}</span>`)}`;

/** How near two hashes are, against the threshold, which is marked. */
export function DistanceBar({ distance, threshold }) {
  if (distance == null || !threshold) {
    return distance === 0 ? html`<span class="hint">the same bytes</span>` : null;
  }
  const span = Math.max(64, threshold * 1.5);
  const at = (bits) => `${Math.min(100, (bits / span) * 100)}%`;
  return html`<span class="distance" role="img" aria-label=${`distance ${distance}, threshold ${threshold}`}>
    <span class="track"><span class=${`fill ${distance <= threshold ? "near" : "far"}`} style=${{ width: at(distance) }}></span>
    <span class="mark" style=${{ left: at(threshold) }}></span></span>
    <span class="figure">${distance} / ${threshold}</span></span>`;
}

/** A form field with its label. */
export function Field({ label, hint, type = "text", value, onInput, options, ...more }) {
  const id = useState(() => "f" + Math.random().toString(36).slice(2))[0];
  const control = options
    ? html`<select id=${id} value=${value} onChange=${(e) => onInput(e.target.value)} ...${more}>
        ${options.map(([key, text]) => html`<option value=${key} key=${key} selected=${key === value}>${text}</option>`)}</select>`
    : type === "textarea"
      ? html`<textarea id=${id} value=${value} rows="3" onInput=${(e) => onInput(e.target.value)} ...${more}></textarea>`
      : type === "checkbox"
        ? html`<input id=${id} type="checkbox" checked=${value} onChange=${(e) => onInput(e.target.checked)} ...${more} />`
        : html`<input id=${id} type=${type} value=${value} onInput=${(e) => onInput(e.target.value)} ...${more} />`;
  return html`<div class=${`field ${type}`}><label for=${id}>${label}</label>${control}${
    hint ? html`<span class="hint">${hint}</span>` : null}</div>`;
}

/** Names and values, in two columns. */
export const Facts = ({ of }) => html`<dl class="facts">${of
  .filter(([, value]) => value !== undefined && value !== null && value !== "")
  .map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

/** Switches between parts of a screen. */
export function Tabs({ tabs, now, onPick }) {
  return html`<div class="tabs" role="tablist">${tabs.map(([id, label]) => html`<button type="button" role="tab" key=${id} data-tab=${id}
    aria-selected=${id === now} class=${id === now ? "tab on" : "tab"} onClick=${() => onPick(id)}>${label}</button>`)}</div>`;
}

/**
 * What a request answers, asked again when what it depends on changes.
 *
 * @param {(signal: AbortSignal) => Promise<any>} ask
 * @param {any[]} depends
 * @returns {{data: any, problem: any, again: () => void}}
 */
export function useAnswer(ask, depends) {
  const [state, setState] = useState({});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    ask(abort.signal).then(
      (data) => !abort.signal.aborted && setState({ data }),
      (problem) => !abort.signal.aborted && setState((now) => ({ ...now, problem })),
    );
    return () => abort.abort();
  }, [...depends, turn]);
  return { ...state, again: () => setTurn((n) => n + 1) };
}
