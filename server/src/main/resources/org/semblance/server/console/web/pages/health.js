/** What in a bank deserves a look: doubles, hubs, what never matched, what is held. */
import { get, path, segment } from "../api.js";
import { daysAgo, number, percent, plural } from "../format.js";
import { html } from "../html.js";
import { href } from "../router.js";
import { seesDistance } from "../session.js";
import { Empty, Loading, Trouble, useAnswer } from "../ui.js";

/** More of a bank's hits than this share on one content is worth a look. */
const HUB = 0.01;

async function hubs(bank) {
  const { figures } = await get(path("/v1/stats", { by: "content", step: "day", bank, from: daysAgo(29) }));
  const hits = new Map();
  let total = 0;
  for (const figure of figures) {
    total += figure.hits || 0;
    if (figure.content_id !== undefined) {
      hits.set(figure.content_id, (hits.get(figure.content_id) || 0) + (figure.hits || 0));
    }
  }
  const top = [...hits].filter(([, n]) => n > Math.max(1, total * HUB)).sort((a, b) => b[1] - a[1]).slice(0, 20);
  return { total, matched: hits.size, top };
}

export function Health({ bank }) {
  const name = bank.name;
  const doubles = useAnswer(() => get(path(`/v1/banks/${segment(name)}/duplicates`, { limit: 50 })), [name]);
  const hits = useAnswer(() => hubs(name), [name]);
  const { counts } = bank;
  const item = (id) => html`<a href=${href(["banks", name, "content", id])}>${id}</a>`;
  const filtered = (text, query) => html`<a href=${href(["banks", name], query)}>${text}</a>`;
  return html`
    ${counts ? html`<div class="tiles">
      ${[["In quarantine", counts.quarantined, { quarantined: "true" }], ["Exact only", counts.exact_only, { exact_only: "true" }],
        ["Disabled", counts.disabled, { status: "disabled" }], ["Proposed", counts.proposed, { status: "proposed" }],
        ["Withdrawn", counts.withdrawn, { status: "withdrawn" }]].map(([label, n, query]) => html`<div class="tile" key=${label}>
          <span class="figure">${number(n)}</span>${filtered(label, query)}</div>`)}
      ${hits.data ? html`<div class="tile"><span class="figure">${number(Math.max(0, (counts.enabled || 0) - hits.data.matched))}</span>no hit in 30 days</div>` : null}
    </div>` : null}
    <div class="columns">
      <section class="panel"><h2>Hubs</h2><p class="hint">Contents with more than 1 % of the bank's hits in 30 days.</p>
        <${Trouble} problem=${hits.problem} />
        ${hits.data && !hits.data.top.length ? html`<${Empty}>None.<//>` : null}
        ${hits.data?.top.length ? html`<table class="plain"><thead><tr><th scope="col">Content</th><th scope="col" class="right">Hits</th><th scope="col" class="right">Share</th></tr></thead>
          <tbody>${hits.data.top.map(([id, n]) => html`<tr key=${id}><td>${item(id)}</td><td class="right">${number(n)}</td><td class="right">${percent(n / hits.data.total)}</td></tr>`)}</tbody></table>` : null}</section>
      <section class="panel"><h2>Duplicates</h2><p class="hint">Contents within the threshold of each other.</p>
        <${Trouble} problem=${doubles.problem} what="a list of duplicates" />
        ${!doubles.data && !doubles.problem ? html`<${Loading} />` : null}
        ${doubles.data && !doubles.data.groups.length ? html`<${Empty}>None.<//>` : null}
        ${(doubles.data?.groups || []).map((group, i) => html`<p key=${i}>${plural(group.contents.length, "content")}: ${group.contents.map((content, j) => html`${j ? ", " : ""}${item(content.id)}${
          seesDistance() && content.distance !== undefined ? html` <span class="hint">(${content.distance})</span>` : null}`)}</p>`)}</section>
    </div>`;
}
