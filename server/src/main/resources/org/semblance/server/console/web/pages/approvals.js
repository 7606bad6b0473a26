/** Changes that wait for a second person. */
import { get, path, segment } from "../api.js";
import { change, changes } from "../change.js";
import { time } from "../format.js";
import { html, useState } from "../html.js";
import { href, keep } from "../router.js";
import { RowActions, useRows } from "../rows.js";
import { actor } from "../session.js";
import { useStore } from "../store.js";
import { Action, Badge, Empty, Field, Head, Loading, Trouble, useAnswer, Word } from "../ui.js";

const STATUSES = [["open", "open"], ["approved", "approved"], ["rejected", "rejected"]];

export default function Approvals({ query }) {
  const now = useStore(changes);
  const status = query.status || "open";
  const [older, setOlder] = useState([]);
  const { data, problem, again } = useAnswer(async () => {
    setOlder([]);
    return get(path("/v1/proposals", { status, bank: query.bank, limit: 100 }));
  }, [now, status, query.bank]);
  const proposals = [...(data?.proposals || []), ...older];
  const list = useRows(proposals, (one) => one.proposal);
  const one = list.current;
  const isOwn = one && one.actor === actor();
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
    const page = await get(path("/v1/proposals", { status, bank: query.bank, limit: 100, before: last }));
    setOlder(Object.assign([...older, ...page.proposals], { next: page.next_before }));
  }
  return html`
    <${Head} title="Approvals" hint="Banks may be set so that each change needs a second person. Nobody approves what she proposed.">
      <${RowActions} list=${list} />
      <${Action} id="approve" keys="c" label="Approve…" kind="primary" run=${decide("Approve", "Approved")} off=${!one || one.status !== "open" || isOwn}
        title=${isOwn ? "Your own proposal: a second person decides" : undefined} />
      <${Action} id="reject" keys="f" label="Reject…" run=${decide("Reject", "Rejected")} off=${!one || one.status !== "open" || isOwn} />
    <//>
    <div class="filters" role="search">
      <${Field} label="Status" options=${STATUSES} value=${status} onInput=${(value) => keep({ ...query, status: value })} />
      <${Field} label="Bank" value=${query.bank || ""} onInput=${(bank) => keep({ ...query, bank })} />
      <${Action} id="filter" keys="/" label="Filter" compact run=${() => document.querySelector(".filters input").focus()} />
    </div>
    <${Trouble} problem=${problem} what="approvals" />
    ${!data && !problem ? html`<${Loading} />` : null}
    ${data && !proposals.length ? html`<${Empty}>Nothing waits.<//>` : null}
    <div class="list" role="list" aria-label="Proposals" ref=${list.box}>${proposals.map((it) => html`<div class="item" role="listitem" key=${it.proposal} data-proposal=${it.proposal} ...${list.props(it)}>
      <div><${Word} of=${it.status} /></div>
      <div class="main"><div class="line"><strong>${it.kind.replaceAll("_", " ")}</strong><a tabindex="-1" href=${href(["banks", it.bank])}>${it.bank}</a>
          ${it.content_id ? html`<a tabindex="-1" href=${href(["banks", it.bank, "content", it.content_id])}>content ${it.content_id}</a>` : null}
          ${it.contents ? html`<span>${it.contents} contents</span>` : null}
          ${it.actor === actor() ? html`<${Badge}>yours<//>` : null}</div>
        <div class="line hint"><span>no. ${it.proposal}</span><span>${it.actor}</span><span>${time(it.at)}</span><span>${it.reason || "no reason given"}</span>
          ${it.decided_by ? html`<span>decided by ${it.decided_by}, ${time(it.decided_at)}</span>` : null}</div>
        <${Diff} proposal=${it} /></div><span></span>
    </div>`)}</div>
    ${last ? html`<p><${Action} id="older" label="Show older" run=${more} /></p>` : null}`;
}

/** The fields that would be set; the payload of the journal is an object, or the text of one. */
function fieldsOf(change) {
  if (typeof change !== "string") {
    return change || {};
  }
  try {
    return JSON.parse(change);
  } catch {
    return { change };
  }
}

const shown = (value) => (typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value));

/** What would be set, a line a field, beside what is there now; asked for when the person opens it. */
function Diff({ proposal }) {
  const [open, setOpen] = useState(false);
  const { bank, content_id } = proposal;
  const target = `/v1/banks/${segment(bank)}${content_id === undefined ? "" : `/content/${content_id}`}`;
  const now = useAnswer(() => (open ? get(target).catch(() => ({})) : Promise.resolve(null)), [open, target]);
  return html`<details onToggle=${(e) => setOpen(e.target.open)}><summary>The change</summary>
    ${open ? html`<table class="plain"><thead><tr><th scope="col">Field</th><th scope="col">Is</th><th scope="col">Will be</th></tr></thead>
      <tbody>${Object.entries(fieldsOf(proposal.change)).map(([name, value]) => html`<tr key=${name}><td>${name}</td>
        <td class="mono">${shown(now.data?.[name])}</td><td class="mono">${shown(value)}</td></tr>`)}</tbody></table>` : null}</details>`;
}
