/** Rows of the journal, each with what was changed, and a way back. */
import { undo } from "../change.js";
import { ask } from "../dialogs.js";
import { time } from "../format.js";
import { html } from "../html.js";
import { Action, Badge, Empty } from "../ui.js";

/** The payload as lines; the text itself if it is no JSON. */
function shown(payload) {
  try {
    return JSON.stringify(JSON.parse(payload), null, 1);
  } catch {
    return payload;
  }
}

/** Asks before it undoes a change. */
export async function undoEntry(entry) {
  const sure = await ask({ title: `Undo change ${entry.seq}?`, text: `${entry.kind} by ${entry.actor}. What depends on it since may forbid that.`, confirm: "Undo" });
  if (sure) {
    await undo([entry.seq], `change ${entry.seq}`);
  }
}

export function Entries({ entries }) {
  return entries.length ? html`<table class="plain"><thead><tr><th scope="col">Seq</th><th scope="col">When</th><th scope="col">Who</th>
      <th scope="col">What</th><th scope="col">Reason</th><th scope="col"><span class="hint">Undo</span></th></tr></thead>
    <tbody>${entries.map((entry) => html`<tr key=${entry.seq}><td>${entry.seq}</td><td>${time(entry.at_ms)}</td><td>${entry.actor}</td>
      <td><details><summary>${entry.kind.replaceAll("_", " ")}</summary><pre>${shown(entry.payload)}</pre></details></td><td>${entry.reason}</td>
      <td>${entry.undone_by ? html`<${Badge}>undone by ${entry.undone_by}<//>` : html`<${Action} label=${`Undo ${entry.seq}`} compact run=${() => undoEntry(entry)} />`}</td></tr>`)}</tbody></table>`
    : html`<${Empty}>No change.<//>`;
}
