/** Short messages on what was done, read out politely, with a way back where there is one. */
import { html } from "./html.js";
import { store, useStore } from "./store.js";
import { Action } from "./ui.js";

const SECONDS = 15;

/** @type {ReturnType<typeof store<{id: number, text: string, kind: string, undo?: () => void}[]>>} */
const toasts = store([]);
let next = 1;

/**
 * Shows a message.
 *
 * @param {string} text
 * @param {{undo?: () => void, kind?: "" | "bad"}} [more]
 */
export function tell(text, { undo, kind = "" } = {}) {
  const id = next++;
  toasts.set((now) => [...now.slice(-2), { id, text, undo, kind }]);
  if (!undo) {
    setTimeout(() => drop(id), SECONDS * 1000);
  }
}

function drop(id) {
  toasts.set((now) => now.filter((toast) => toast.id !== id));
}

/** Where the messages are. One that can be undone stays until the next ones push it out or it is closed. */
export function Toasts() {
  const now = useStore(toasts);
  const last = now.findLast((toast) => toast.undo);
  return html`<div class="toasts"><div role="status" aria-live="polite">${now.map((toast) => html`<div key=${toast.id}
    class=${`toast ${toast.kind}`}><span>${toast.text}</span></div>`)}</div>
    ${last ? html`<div class="toast-actions">
      <${Action} id="undo" keys="u" label="Undo" run=${() => { drop(last.id); last.undo(); }} />
      <${Action} id="dismiss" label="Dismiss" run=${() => drop(last.id)} /></div>` : null}</div>`;
}
