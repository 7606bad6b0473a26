/** Changes that wait for a second person. */
import { get, path, segment } from "../api.js";
import { change, changes } from "../change.js";
import { time } from "../format.js";
import { html, useState } from "../html.js";
import { href, keep } from "../router.js";
import { RowActions, useRows } from "../rows.js";
import { isOwn } from "../session.js";
import { useSettled, useStore } from "../store.js";
import { Action, Badge, Empty, Field, Head, Loading, Trouble, useAnswer, Word } from "../ui.js";

const STATUSES = [["open", "open"], ["approved", "approved"], ["rejected", "rejected"]];

export default function Approvals({ query }) {
  const now = useStore(changes);
  const status = query.status || "open";
  const bank = useSettled(query.bank);
  const [older, setOlder] = useState([]);
  const { data, problem, again } = useAnswer(async () => {
    setOlder([]);
    return get(path("/v1/proposals", { status, bank, limit: 100 }));
  }, [now, status, bank]);
  const proposals = [...(data?.proposals || []), ...older];
  const list = useRows(proposals, (one) => one.proposal);
  const one = list.current;
  const own = one && isOwn(one.actor);
  const decide = (word, done) => async () => {
    await change({
      title: `${word} proposal ${one.proposal}?`, text: `${one.kind.replaceAll("_", " ")} in ${one.bank}, by ${one.actor}: ${one.reason || "no reason given"}`,
      confirm: word, danger: word === "Reject", method: "POST", path: `/v1/proposals/${one.proposal}/${word.toLowerCase()}`,
      done: `${done} proposal ${one.proposal}`, reason: word === "Reject" ? "required" : "optional",
    });
    again();
  };
  const last = older.length ? older.next : data?.next_before;
  async function more() {
    const page = await get(path("/v1/proposals", { status, bank, limit: 100, before: last }));
    setOlder(Object.assign([...older, ...page.proposals], { next: page.next_before }));
  }
  return html`
    <${Head} title="Approvals" hint="Banks may be set so that each change needs a second person. Nobody can approve a change that was proposed with the same key.">
      <${RowActions} list=${list} />
      <${Action} id="approve" keys="c" label="Approve…" kind="primary" run=${decide("Approve", "Approved")} off=${!one || one.status !== "open" || own}
        title=${own ? "Your own proposal: somebody with another key approves" : undefined} />
      <${Action} id="reject" keys="f" label=${own ? "Take back…" : "Reject…"} run=${decide("Reject", "Rejected")} off=${!one || one.status !== "open"} />
    <//>
    <div class="filters" role="search">
      <${Field} label="Status" options=${STATUSES} value=${status} onInput=${(value) => keep({ ...query, status: value })} />
      <${Field} label="Bank" value=${query.bank || ""} onInput=${(name) => keep({ ...query, bank: name })} />
      <${Action} id="filter" keys="/" label="Filter" compact run=${() => document.querySelector(".filters input").focus()} />
    </div>
    <${Trouble} problem=${problem} what="approvals" />
    ${!data && !problem ? html`<${Loading} />` : null}
    ${data && !proposals.length ? html`<${Empty}>Nothing waits.<//>` : null}
    <div class="list" role="list" aria-label="Proposals" ref=${list.box}>${proposals.map((it) => html`<div class="item" role="listitem" key=${it.proposal} data-proposal=${it.proposal} ...${list.props(it)}>
      <div><${Word} of=${it.status} /></div>
      <div class="main"><div class="line"><strong>${it.kind.replaceAll("_", " ")}</strong><a tabindex="-1" href=${href(["banks", it.bank])}>${it.bank}</a>
          ${it.content_id ? html`<a tabindex="-1" href=${href(["banks", it.bank, "content", it.content_id])}>content ${it.content_id}</a>` : null}
          ${it.first_id ? html`<a tabindex="-1" href=${href(["banks", it.bank, "content", it.first_id])}>content ${it.first_id}${
            it.contents > 1 ? ` to ${it.first_id + it.contents - 1}` : ""}</a>` : null}
          ${isOwn(it.actor) ? html`<${Badge}>yours<//>` : null}</div>
        <div class="line hint"><span>no. ${it.proposal}</span><span>${it.actor}</span><span>${time(it.at)}</span><span>${it.reason || "no reason given"}</span>
          ${it.decided_by ? html`<span>decided by ${it.decided_by}, ${time(it.decided_at)}${it.decision_reason ? `: ${it.decision_reason}` : ""}</span>` : null}</div>
        <${Diff} proposal=${it} /></div><span></span>
    </div>`)}</div>
    ${last ? html`<p><${Action} id="older" label="Show older" run=${more} /></p>` : null}`;
}

const shown = (value) => (typeof value === "string" ? value : value == null ? "" : JSON.stringify(value));

/** What an added content is told by; of all other changes the proposal has the fields itself. */
const OF_CONTENT = ["labels", "note", "source", "metadata", "distance_threshold", "handling"];

/** What would be set, a line a field, beside what is there now; asked for when the person opens it. */
function Diff({ proposal }) {
  const [open, setOpen] = useState(false);
  const { bank, content_id, first_id, change: wanted } = proposal;
  const id = content_id ?? first_id;
  const target = `/v1/banks/${segment(bank)}${id === undefined ? "" : `/content/${id}`}`;
  const { data: there } = useAnswer(() => (open ? get(target).catch(() => ({})) : Promise.resolve(null)), [open, target]);
  const rows = proposal.kind === "add_contents"
    ? OF_CONTENT.filter((name) => there?.[name] !== undefined).map((name) => [name, undefined, there[name]])
    : Object.entries(wanted.to || {}).map(([name, value]) => [name, there?.[name], value]);
  return html`<details onToggle=${(e) => setOpen(e.target.open)}><summary>The change</summary>
    ${open && rows.length ? html`<table class="plain"><thead><tr><th scope="col">Field</th><th scope="col">Is</th><th scope="col">Will be</th></tr></thead>
      <tbody>${rows.map(([name, is, will]) => html`<tr key=${name}><td>${name}</td><td class="mono">${shown(is)}</td><td class="mono">${shown(will)}</td></tr>`)}</tbody></table>`
      : html`<pre>${JSON.stringify(wanted, null, 1)}</pre>`}</details>`;
}
