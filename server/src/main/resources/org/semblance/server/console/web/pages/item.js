/** One banked content: what is known of it, what became of it, what lies near it. */
import { call, get, path, segment } from "../api.js";
import { change, changes, differing } from "../change.js";
import { EvidenceLink } from "../evidence.js";
import { Chart } from "../chart.js";
import { clock, daysAgo, number, time } from "../format.js";
import { html } from "../html.js";
import { go, href } from "../router.js";
import { seesDistance } from "../session.js";
import { useStore } from "../store.js";
import { Action, Badge, Empty, Facts, Head, Labels, Trouble, useAnswer, Word } from "../ui.js";
import { Entries } from "./entries.js";
import { kindOf, labelList } from "./contents.js";

const NEIGHBOUR_BITS = 48;

export default function Item({ parts: [, bank, , id] }) {
  const now = useStore(changes);
  const address = `/v1/banks/${segment(bank)}/content/${segment(id)}`;
  const { data: content, problem } = useAnswer(() => get(address), [address, now]);
  const history = useAnswer(() => get(path("/v1/journal", { order: "desc", bank, content_id: id, limit: 100 })), [address, now]);
  const hits = useAnswer(() => hitsOf(bank, id).catch(() => null), [address]);
  const pdq = content?.signals.find((signal) => signal.type === "pdq")?.hash;
  const near = useAnswer(() => (pdq && seesDistance() ? neighbours(pdq, bank, Number(id)) : Promise.resolve(null)), [pdq]);
  const title = `${bank} · ${id}`;
  if (!content) {
    return html`<${Head} title=${title} /><${Trouble} problem=${problem} />`;
  }
  const status = content.status;
  const patch = (about) => change({ method: "PATCH", path: address, ...about });
  const edit = () => patch({
    title: `Edit content ${id}`, confirm: "Save", done: `Changed content ${id}`,
    fields: [
      { name: "labels", label: "Labels", value: content.labels.join(", "), hint: "Separated by commas" },
      { name: "source", label: "Source", value: content.source || "", maxlength: 255 },
      { name: "note", label: "Note", value: content.note || "", maxlength: 255 },
      { name: "handling", label: "Handling", value: content.handling || "", maxlength: 255 },
      { name: "distance_threshold", label: "Distance threshold", type: "number", min: 0, max: 256, value: content.distance_threshold ?? "", hint: "Empty for that of the bank" },
      { name: "evidence_url", label: "Evidence link", type: "url", value: content.metadata?.evidence_url || "", hint: "https, to your case system" },
    ],
    json: (values) => {
      const { evidence_url, ...metadata } = content.metadata || {};
      return differing(content, {
        labels: labelList(values.labels), source: values.source || null, note: values.note || null, handling: values.handling || null,
        distance_threshold: values.distance_threshold === "" ? null : Number(values.distance_threshold),
        ...(values.evidence_url || evidence_url ? { metadata: { ...metadata, ...(values.evidence_url ? { evidence_url: values.evidence_url } : {}) } } : {}),
      });
    },
  });
  const set = (json, title, done) => () => patch({ title, confirm: "OK", done, json });
  const disable = () => patch({
    title: `Disable content ${id}`, confirm: "Disable", done: `Disabled content ${id}`,
    fields: [{ name: "until", label: "Until (optional)", type: "datetime-local", value: "", hint: "It is enabled again then" }],
    json: (values) => ({ status: "disabled", ...(values.until ? { disabled_until: new Date(values.until).toISOString() } : {}) }),
  });
  const withdraw = () => change({
    title: `Withdraw content ${id}?`, text: "It matches nothing any more. The journal keeps it, and it can be restored.", confirm: "Withdraw", danger: true,
    method: "DELETE", path: address, done: `Withdrew content ${id}`,
  });

  return html`
    <${Head} title=${title}>
      ${status === "withdrawn"
        ? html`<${Action} id="restore" keys="e" label="Restore…" run=${set({ status: "enabled" }, `Restore content ${id}`, `Restored content ${id}`)} />`
        : html`<${Action} id="edit" keys="l" label="Edit…" run=${edit} />
          ${status === "enabled" ? html`<${Action} id="disable" keys="d" label="Disable…" run=${disable} />` : null}
          ${status === "disabled" ? html`<${Action} id="enable" keys="e" label="Enable…" run=${set({ status: "enabled" }, `Enable content ${id}`, `Enabled content ${id}`)} />` : null}
          ${content.quarantine ? html`<${Action} id="release" keys="q" label="End quarantine…" run=${set({ quarantine: null }, `End the quarantine of content ${id}`, `Ended the quarantine of content ${id}`)} />` : null}
          ${content.confirmed_by ? null : html`<${Action} id="confirm-content" keys="c" label="Confirm…" run=${set({ confirmed: true }, `Confirm content ${id} as a second person`, `Confirmed content ${id}`)} />`}
          ${seesDistance() ? html`<${Action} id="compare" label="Compare a file" run=${() => go(["compare"], { bank, content: id })} />` : null}
          <${Action} id="withdraw" keys="w" label="Withdraw…" kind="danger" run=${withdraw} />`}
    <//>
    <div class="columns">
      <section class="panel"><h2>Content</h2><${Facts} of=${[
        ["Status", html`<${Word} of=${status} />${content.disabled_until ? ` until ${time(content.disabled_until)}` : ""}`],
        ["Quarantine", content.quarantine && html`<${Badge} kind="warn">${content.quarantine.reason}<//>`],
        ["Type", kindOf(content) + (content.video ? `, ${clock(content.video.duration_ms / 1000)}, ${number(content.video.frames)} frames` : "")],
        ["Labels", content.labels.length ? html`<${Labels} of=${content.labels} />` : null],
        ["Note", content.note], ["Source", content.source], ["Handling", content.handling],
        ["Distance threshold", content.distance_threshold],
        ["Added", `${time(content.created_at)}${content.created_by ? ` by ${content.created_by}` : ""}`],
        ["Confirmed by", content.confirmed_by],
        ["Evidence", content.metadata?.evidence_url && html`<${EvidenceLink} url=${content.metadata.evidence_url} />`],
        ["Metadata", content.metadata && html`<code>${JSON.stringify(content.metadata)}</code>`],
        ...content.signals.filter((signal) => signal.hash).map((signal) => [
          signal.type + (signal.quality === undefined ? "" : `, quality ${signal.quality}`), html`<code>${signal.hash}</code>`]),
      ]} /></section>
      <section class="panel"><h2>Nearest in all banks</h2>
        ${near.data ? html`<${Neighbours} of=${near.data} />` : html`<p class="hint">${
          !seesDistance() ? "Your key is not told hashes and distances." : pdq ? "Looking…" : "This content has no PDQ hash to look near."}</p>`}
        <${Trouble} problem=${near.problem} />
        ${hits.data?.values.some(Boolean) ? html`<${Chart} title="Hits a day" ...${hits.data} series=${[{ name: "hits", values: hits.data.values }]} bars height=${130} />`
          : html`<p class="hint">No hit in 30 days.</p>`}
        <p><a href=${href(["matches"], { bank })}>Matches of ${bank}</a></p></section>
    </div>
    <section class="panel"><h2>History</h2><${Trouble} problem=${history.problem} what="a history by content" />
      ${history.data ? html`<${Entries} entries=${history.data.entries} />` : null}</section>`;
}

function Neighbours({ of }) {
  return of.length ? html`<table class="plain"><thead><tr><th scope="col">Content</th><th scope="col" class="right">Distance</th><th scope="col">State</th></tr></thead>
    <tbody>${of.map((near) => html`<tr key=${`${near.bank}/${near.content_id}`}><td><a href=${href(["banks", near.bank, "content", near.content_id])}>${near.bank} · ${near.content_id}</a></td>
      <td class="right">${near.distance}</td><td>${near.kind === "allow" ? "allowed" : ""} ${near.status}</td></tr>`)}</tbody></table>`
    : html`<${Empty}>Nothing within ${NEIGHBOUR_BITS} bits.<//>`;
}

/** As of now: a question of the list at a change is not logged as an upload. */
async function neighbours(hash, bank, id) {
  const { list_version } = await get("/readyz");
  const answer = await call("POST", path("/v1/lookup", { explain: true, details: true, as_of: list_version }), { json: [hash] });
  return (answer.results[0]?.explain?.signals || []).flatMap((signal) => signal.nearest)
    .filter((near) => near.distance !== undefined && near.distance <= NEIGHBOUR_BITS && !(near.bank === bank && near.content_id === id));
}

async function hitsOf(bank, id) {
  const { figures } = await get(path("/v1/stats", { by: "content", step: "day", bank, from: daysAgo(29) }));
  const byDay = new Map(figures.filter((figure) => figure.content_id === Number(id)).map((figure) => [Date.parse(figure.from) / 1000, figure.hits || 0]));
  const seconds = Array.from({ length: 30 }, (_, i) => Date.parse(daysAgo(29 - i)) / 1000);
  return { seconds, values: seconds.map((at) => byDay.get(at) || 0) };
}
