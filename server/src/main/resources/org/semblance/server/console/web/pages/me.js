/** What the person sets to be safe; kept in this browser. */
import { html, useState } from "../html.js";
import { known, shownKeys } from "../keys.js";
import { DEFAULTS, prefer, prefs, views } from "../prefs.js";
import { useStore } from "../store.js";
import { Action, Field, Head } from "../ui.js";

const THEMES = [["dark", "dark"], ["light", "light"], ["system", "as the system"]];
const BLURS = ["0: none", "1", "2", "3", "4", "5", "6: strongest"].map((text, i) => [String(i), text]);

export default function Me() {
  const now = useStore(prefs);
  const seen = useStore(views);
  return html`
    <${Head} title="My safety" hint="Kept in this browser alone, for you. The fewer pictures you look at, the better: most decisions need none." />
    <div class="columns">
      <section class="panel"><h2>Pictures</h2><div class="form">
        <${Field} label="Blur" options=${BLURS} value=${String(now.blur)} onInput=${(value) => prefer({ blur: Number(value) })} />
        <${Field} label="Size, pixels" type="range" min="80" max="320" step="40" value=${now.size} onInput=${(value) => prefer({ size: Number(value) })} hint=${`${now.size}`} />
        <${Field} label="Grey, without colour" type="checkbox" value=${now.grey} onInput=${(grey) => prefer({ grey })} />
      </div>
      <p class="hint">Pictures are still, silent and blurred. Nothing is shown clearly by pointing at it: hold Space, or the button Peek. A tab in the background shows no picture.</p>
      <p>Looked at clearly today: <strong>${seen}</strong></p></section>
      <section class="panel"><h2>Breaks and looks</h2><div class="form">
        <${Field} label="Remind me of a break after, minutes" type="number" min="0" max="240" value=${now.breakMinutes} onInput=${(value) => prefer({ breakMinutes: Math.max(0, Number(value) || 0) })} hint="0 for never" />
        <${Field} label="Colours" options=${THEMES} value=${now.theme} onInput=${(theme) => prefer({ theme })} />
      </div><p><${Action} id="reset" label="Back to the standard" run=${() => prefs.set(DEFAULTS)} /></p></section>
    </div>
    <section class="panel"><h2>Keys</h2>
      <${Field} label="Shortcuts are on" type="checkbox" value=${now.shortcuts} onInput=${(shortcuts) => prefer({ shortcuts })} />
      <p class="hint">Of the screens seen since the page was opened. Type a key, or two with a space between; leave it empty for none.</p>
      <${Remap} keys=${now.keys} /></section>`;
}

function Remap({ keys }) {
  const [all] = useState(() => [...known].sort(([, a], [, b]) => a.label.localeCompare(b.label)));
  const set = (id, standard, value) => {
    const next = { ...keys, [id]: value === "Space" ? " " : value };
    if (next[id] === standard) {
      delete next[id];
    }
    prefer({ keys: next });
  };
  return html`<div class="form">${all.map(([id, { label, keys: standard }]) => html`<${Field} key=${id} label=${label} maxlength="6"
    value=${shownKeys(keys[id] ?? standard)} onInput=${(value) => set(id, standard, value)} />`)}</div>`;
}
