/** All keys, for the person who presses "?". */
import { html } from "./html.js";
import { show } from "./dialogs.js";
import { keyOf, known, shownKeys } from "./keys.js";
import { href } from "./router.js";

export function showHelp() {
  const rows = [...known].sort(([, a], [, b]) => a.label.localeCompare(b.label));
  show("Keys", html`
    <p class="hint">On the screens seen so far. Each is off while you type. Set your own, or switch all off, on
      <a href=${href(["me"])} onClick=${(e) => e.target.closest("dialog").querySelector("button").click()}>My safety</a>.</p>
    <table class="plain"><thead><tr><th scope="col">Key</th><th scope="col">Action</th></tr></thead>
    <tbody>${rows.map(([id, { label, keys }]) => html`<tr key=${id}><td><kbd>${shownKeys(keyOf(id, keys))}</kbd></td><td>${label}</td></tr>`)}
    <tr><td><kbd>Esc</kbd></td><td>Close a dialog</td></tr></tbody></table>`);
}
