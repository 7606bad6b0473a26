/** Every change, newest first, and a check of the chain that makes an altered row visible. */
import { get, path } from "../api.js";
import { check } from "../chain.js";
import { changes } from "../change.js";
import { time } from "../format.js";
import { html, useState } from "../html.js";
import { keep } from "../router.js";
import { RowActions, useRows } from "../rows.js";
import { person } from "../session.js";
import { show } from "../dialogs.js";
import { useSettled, useStore } from "../store.js";
import { Table, usePages } from "../table.js";
import { Action, Badge, Empty, Field, Head, Trouble } from "../ui.js";
import { Entries, undoEntry } from "./entries.js";

export default function Journal({ query }) {
  const now = useStore(changes);
  const [proof, setProof] = useState(null);
  const { actor, bank, kind, from, to, reason } = query;
  const settled = useSettled(JSON.stringify(query));
  const pages = usePages(async (before) => {
    const { entries, next_before } = await get(path("/v1/journal", {
      order: "desc", limit: 100, before, actor, bank, kind, reason_contains: reason,
      from: from && `${from}T00:00:00Z`, to: to && `${to}T00:00:00Z`,
    }));
    return { rows: entries, next: next_before };
  }, [now, settled]);
  const list = useRows(pages.rows, (entry) => entry.seq);
  const filter = (name) => (value) => keep({ ...query, [name]: value });
  const open = (entry) => show(`Change ${entry.seq}`, html`<${Entries} entries=${[entry]} /><p class="hint">Hash <code>${entry.hash}</code></p>`);

  /** Reads the whole journal, the oldest first, and computes each hash anew. */
  async function verify() {
    let after = 0;
    let before;
    let rows = 0;
    setProof({ text: "Checking…" });
    try {
      for (;;) {
        const { entries, next_after } = await get(path("/v1/journal", { after, limit: 1000 }));
        const wrong = await check(entries, before);
        rows += entries.length;
        if (wrong) {
          setProof({ kind: "bad", text: `The journal is not whole: ${wrong}.` });
          return;
        }
        before = entries.at(-1)?.hash ?? before;
        if (next_after === undefined) {
          break;
        }
        after = next_after;
        setProof({ text: `Checking… ${rows} rows` });
      }
      setProof({ kind: "good", text: `Chain verified: ${rows} rows, the last hash is ${before || "none"}.` });
    } catch (e) {
      setProof({ kind: "bad", text: `The check failed: ${e.message}` });
    }
  }

  const isScoped = Boolean(person.get()?.banks);
  return html`
    <${Head} title="Journal">
      <${RowActions} list=${list} open=${open} />
      <${Action} id="undo-entry" keys="z" label="Undo this…" run=${() => undoEntry(list.current)} off=${!list.current || list.current.undone_by} />
      <${Action} id="verify" keys="v" label="Verify the chain" run=${verify} off=${isScoped} title=${isScoped ? "Your key sees some rows alone, so the chain has gaps" : undefined} />
    <//>
    <div class="filters" role="search">
      <${Field} label="Actor" value=${actor || ""} onInput=${filter("actor")} />
      <${Field} label="Bank" value=${bank || ""} onInput=${filter("bank")} />
      <${Field} label="Kind" value=${kind || ""} onInput=${filter("kind")} />
      <${Field} label="Reason has" value=${reason || ""} onInput=${filter("reason")} />
      <${Field} label="From" type="date" value=${from || ""} onInput=${filter("from")} />
      <${Field} label="Before" type="date" value=${to || ""} onInput=${filter("to")} />
      <${Action} id="filter" keys="/" label="Filter" compact run=${() => document.querySelector(".filters input").focus()} />
    </div>
    ${proof ? html`<p role="status" class=${`note ${proof.kind === "bad" ? "bad" : ""}`}>${proof.text}</p>` : null}
    <${Trouble} problem=${pages.problem} what="the journal newest first" />
    ${!pages.loading && !pages.rows.length && !pages.problem ? html`<${Empty}>No change fits.<//>` : null}
    ${pages.rows.length ? html`<${Table} label="Journal" rows=${pages.rows} keyOf=${(entry) => entry.seq} list=${list} open=${open} more=${pages.more} columns=${[
      ["Seq", (entry) => entry.seq, "right"],
      ["When", (entry) => time(entry.at_ms)],
      ["Who", (entry) => entry.actor],
      ["What", (entry) => html`${entry.kind.replaceAll("_", " ")}${entry.undone_by ? html` <${Badge}>undone by ${entry.undone_by}<//>` : null}`],
      ["Reason", (entry) => entry.reason],
      ["Change", (entry) => html`<code>${entry.payload}</code>`],
    ]} />` : null}`;
}
