/** Banks files and whole folders: one set of labels, source, note and reason for all, four files at a time. */
import { inParallel } from "../api.js";
import { CONTENT_FIELDS, remarks, sendContent } from "../banking.js";
import { changes, undo } from "../change.js";
import { Drop, useFiles } from "../files.js";
import { number, plural } from "../format.js";
import { html, useRef, useState } from "../html.js";
import { MediaActions, Thumb } from "../media.js";
import { href } from "../router.js";
import { RowActions, useRows } from "../rows.js";
import { tell } from "../toasts.js";
import { Action, Badge, Empty, Field } from "../ui.js";

const STATES = { waits: "waits", sending: "is banked", added: "added", proposed: "proposed", known: "known already", failed: "failed" };
const KINDS = { added: "good", proposed: "warn", known: "warn", failed: "bad" };

export function AddFiles({ banks, bank: first }) {
  const { files, add, update, clear } = useFiles();
  const [values, setValues] = useState({ bank: first, labels: "", source: "", note: "", order: "", reason: "", skipKnown: false });
  const [busy, setBusy] = useState(false);
  const stop = useRef(false);
  const list = useRows(files, (entry) => entry.id);
  const set = (name) => (value) => setValues((now) => ({ ...now, [name]: value }));
  const open = files.filter((entry) => entry.state === "waits" || entry.state === "failed");
  const done = files.filter((entry) => ["added", "proposed", "known"].includes(entry.state));

  async function bank() {
    if (!values.reason.trim()) {
      tell("A reason is needed, for the journal.", { kind: "bad" });
      document.querySelector("[name=reason]").focus();
      return;
    }
    setBusy(true);
    stop.current = false;
    const seqs = [];
    let failed = 0;
    await inParallel(open, 4, async ({ id, file }) => {
      if (stop.current) {
        return;
      }
      update(id, { state: "sending", text: "" });
      try {
        const answer = await sendContent(file, values.bank, {
          ...values, metadata: values.order.trim() ? { order_id: values.order.trim() } : undefined,
        }, { ifKnown: values.skipKnown ? "refuse" : undefined });
        if (answer.seq && !answer.proposal) {
          seqs.push(answer.seq);
        }
        update(id, { state: answer.proposal ? "proposed" : "added", content: answer.id, text: remarks(answer) });
      } catch (e) {
        const known = e.status === 409 && e.body.similar;
        failed += known ? 0 : 1;
        update(id, { state: known ? "known" : "failed", text: known ? remarks(e.body) : e.message });
      }
    });
    setBusy(false);
    changes.set((n) => n + 1);
    tell(`Added ${seqs.length} to ${values.bank}${seqs.length ? ` (journal up to ${Math.max(...seqs)})` : ""}${failed ? `; ${failed} failed` : ""}.`, {
      kind: failed ? "bad" : "", undo: seqs.length ? () => undo(seqs, `added ${plural(seqs.length, "file")} to ${values.bank}`) : undefined });
  }

  return html`
    <section class="panel"><div class="form">
      <${Field} label="Bank" data-field="bank" options=${banks.map((it) => [it.name, it.kind === "allow" ? `${it.name} (allow)` : it.name])} value=${values.bank} onInput=${set("bank")} />
      ${CONTENT_FIELDS.map(({ name, ...field }) => html`<${Field} key=${name} ...${field} name=${name} value=${values[name]} onInput=${set(name)} />`)}
      <${Field} label="Order or case id" name="order" value=${values.order} onInput=${set("order")} hint="Kept in the metadata of each" />
      <${Field} label="Reason" name="reason" value=${values.reason} onInput=${set("reason")} maxlength="200" hint="For the journal" />
      <${Field} label="Skip what is known already" type="checkbox" name="skip" value=${values.skipKnown} onInput=${set("skipKnown")} />
    </div></section>
    <${Drop} onFiles=${add} folders label="Drop files or folders here" />
    <div class="bulk">
      <${Action} id="bank-all" keys="Enter" label=${`Add ${plural(open.length, "file")}`} kind="primary" run=${bank} off=${busy || !open.length} />
      ${busy ? html`<${Action} id="stop" label="Stop" run=${() => { stop.current = true; }} />` : null}
      <${Action} id="clear" label="Clear" compact run=${clear} off=${busy || !files.length} />
      <${RowActions} list=${list} /><${MediaActions} file=${list.current?.file} />
    </div>
    ${files.length ? html`<p role="status"><strong>${number(done.length)} of ${plural(files.length, "file")} done</strong></p>
      <progress max=${files.length} value=${done.length} aria-label="Files that are done"></progress>` : html`<${Empty}>No file chosen.<//>`}
    <div class="list" role="list" aria-label="Files" ref=${list.box}>${files.map((entry) => html`<div class="item" role="listitem" key=${entry.id}
        data-state=${entry.state} ...${list.props(entry)}>
      <${Thumb} file=${entry.file} />
      <div class="main"><div class="line"><strong>${entry.file.webkitRelativePath || entry.file.name}</strong><${Badge} kind=${KINDS[entry.state]}>${STATES[entry.state]}<//>
        ${entry.content ? html`<a tabindex="-1" href=${href(["banks", values.bank, "content", entry.content])}>content ${entry.content}</a>` : null}</div>
        ${entry.text ? html`<div class="line hint">${entry.text}</div>` : null}</div><span></span></div>`)}</div>`;
}
