/** A hash list: look at it, say what its columns are, try it without banking anything, then bank it. */
import { path, segment, send } from "../api.js";
import { changes } from "../change.js";
import { preview } from "../csv.js";
import { Drop } from "../files.js";
import { number } from "../format.js";
import { html, useEffect, useState } from "../html.js";
import { tell } from "../toasts.js";
import { Action, Badge, Empty, Facts, Field, Labels, Trouble } from "../ui.js";

const FIELDS = [["", "as the server finds"], ["pdq", "PDQ hash"], ["md5", "MD5"], ["sha1", "SHA-1"], ["sha256", "SHA-256"],
  ["labels", "labels"], ["note", "note"], ["source", "source"], ["quality", "quality"]];

const TYPES = { csv: "text/csv", ndjson: "application/x-ndjson", lines: "text/plain" };

export function ImportList({ banks, bank: first }) {
  const [file, setFile] = useState(null);
  const [sample, setSample] = useState(null);
  const [columns, setColumns] = useState({});
  const [values, setValues] = useState({ bank: first, labels: "", source: "", note: "", reason: "", ifKnown: "bank" });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const [report, setReport] = useState(null);
  const set = (name) => (value) => setValues((now) => ({ ...now, [name]: value }));

  useEffect(() => {
    setSample(null);
    setColumns({});
    if (file) {
      preview(file).then(setSample, setProblem);
    }
  }, [file]);
  // What was tried is what is banked: any change asks for another try.
  useEffect(() => setReport(null), [file, columns, values.bank, values.labels, values.source, values.note, values.ifKnown]);

  async function run(dry) {
    if (!dry && !values.reason.trim()) {
      tell("A reason is needed, for the journal.", { kind: "bad" });
      document.querySelector("[name=reason]").focus();
      return;
    }
    setBusy(true);
    setProblem(null);
    const mapped = Object.entries(columns).filter(([, field]) => field).map(([name, field]) => `${field}:${name}`).join(",");
    const target = path(`/v1/banks/${segment(values.bank)}/import`, {
      dry_run: dry || undefined, columns: mapped, label: values.labels.split(",").map((label) => label.trim()).filter(Boolean).join(","),
      source: values.source.trim(), note: values.note.trim(), if_known: values.ifKnown === "skip" ? "skip" : "", deadline_ms: 600_000,
    });
    try {
      const answer = await (await send("POST", target, {
        body: file, type: TYPES[sample.kind], reason: values.reason, headers: dry ? {} : { "Idempotency-Key": crypto.randomUUID() },
      })).json();
      setReport(answer);
      if (!dry) {
        changes.set((n) => n + 1);
        tell(`Banked ${number(answer.imported)} of ${number(answer.entries)} entries in ${values.bank}.`);
        setFile(null);
      }
    } catch (e) {
      setProblem(e);
    }
    setBusy(false);
  }

  const tried = report?.dry_run;
  return html`
    <section class="panel"><div class="form">
      <${Field} label="Bank" data-field="bank" options=${banks.map((it) => [it.name, it.name])} value=${values.bank} onInput=${set("bank")} />
      <${Field} label="Labels for all" value=${values.labels} onInput=${set("labels")} hint="Separated by commas" />
      <${Field} label="Source for all" value=${values.source} onInput=${set("source")} maxlength="255" />
      <${Field} label="Note for all" value=${values.note} onInput=${set("note")} maxlength="255" />
      <${Field} label="What is known already" options=${[["bank", "bank it again"], ["skip", "skip it"]]} value=${values.ifKnown} onInput=${set("ifKnown")} />
      <${Field} label="Reason" name="reason" value=${values.reason} onInput=${set("reason")} maxlength="200" hint="For the journal" />
    </div></section>
    ${file ? html`<p class="line"><strong>${file.name}</strong> <${Action} label="Another list" compact run=${() => setFile(null)} off=${busy} /></p>`
      : html`<${Drop} many=${false} label="Drop a list here: CSV, NDJSON or one hash a line" onFiles=${([one]) => setFile(one)} />`}
    ${sample ? html`<${Sample} of=${sample} columns=${columns} onColumns=${setColumns} />` : null}
    <div class="bulk">
      <${Action} id="dry-run" keys="d" label="Try it (dry run)" kind=${tried ? "" : "primary"} run=${() => run(true)} off=${!sample || busy} />
      <${Action} id="import" keys="i" label="Bank it" kind=${tried ? "primary" : ""} run=${() => run(false)} off=${!tried || busy || !report.imported}
        title="After a dry run" />
      ${busy ? html`<span class="hint" role="status">The server reads the list…</span>` : null}
    </div>
    <${Trouble} problem=${problem} what="what this form asks for" />
    ${report ? html`<${Outcome} of=${report} />` : null}`;
}

function Sample({ of, columns, onColumns }) {
  return html`<section class="panel"><h2>The first lines</h2><div class="table"><table class="plain">
    ${of.head.length ? html`<thead><tr>${of.head.map((name, i) => html`<th scope="col" key=${i}>${name}
      <select aria-label=${`What is column ${name}`} value=${columns[name] || ""} onChange=${(e) => onColumns({ ...columns, [name]: e.target.value })}>
        ${FIELDS.map(([id, label]) => html`<option value=${id} key=${id}>${label}</option>`)}</select></th>`)}</tr></thead>` : null}
    <tbody>${of.rows.map((row, i) => html`<tr key=${i}>${row.map((cell, j) => html`<td key=${j} class="mono">${cell}</td>`)}</tr>`)}</tbody></table></div></section>`;
}

function Outcome({ of }) {
  return html`<section class="panel" aria-label="Outcome"><h2>${of.dry_run ? "What would happen" : "What was done"}</h2>
    <${Facts} of=${[
      ["Entries", number(of.entries)], [of.dry_run ? "Would be banked" : "Banked", number(of.imported)],
      ["Known already", of.known === undefined ? null : number(of.known)], ["Held in quarantine", number(of.held)],
      ["Cannot be banked", number(of.unusable)], ["Ended early", of.complete ? null : of.reason || "yes"],
      ["Left out", Object.entries(of.left_out || {}).map(([why, n]) => `${why}: ${n}`).join(", ")],
      ["Columns", (of.columns || []).map((column) => `${column.name}: ${column.as || "ignored"}`).join(", ") || (of.ignored_columns || []).map((name) => `${name}: ignored`).join(", ")],
    ]} />
    ${of.errors.length ? html`<h2>Errors</h2><table class="plain"><thead><tr><th scope="col">Line</th><th scope="col">What is wrong</th></tr></thead>
      <tbody>${of.errors.slice(0, 20).map((error, i) => html`<tr key=${i}><td>${error.line}</td><td>${error.detail}</td></tr>`)}</tbody></table>` : null}
    ${of.preview ? html`<h2>The first entries as they would be banked</h2>
      ${of.preview.length ? html`<table class="plain"><thead><tr><th scope="col">Line</th><th scope="col">Signals</th><th scope="col">Labels</th><th scope="col">Note</th><th scope="col">Source</th><th scope="col">State</th></tr></thead>
        <tbody>${of.preview.map((entry) => html`<tr key=${entry.line}><td>${entry.line}</td>
          <td class="mono">${(entry.signals || []).map((signal) => `${signal.type} ${signal.hash || ""}`).join(" ")}</td><td><${Labels} of=${entry.labels} /></td>
          <td>${entry.note || ""}</td><td>${entry.source || ""}</td><td>${entry.known ? html`<${Badge} kind="warn">known<//>` : html`<${Badge}>new<//>`}</td></tr>`)}</tbody></table>` : html`<${Empty}>No entry.<//>`}` : null}
  </section>`;
}
