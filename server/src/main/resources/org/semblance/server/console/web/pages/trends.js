/** How much matched, by day, and what a person said of it. */
import { get, path } from "../api.js";
import { Chart } from "../chart.js";
import { daysAgo, number, percent } from "../format.js";
import { html } from "../html.js";
import { href, keep } from "../router.js";
import { useSettled } from "../store.js";
import { Empty, Field, Head, Loading, Trouble, useAnswer } from "../ui.js";

const RANGES = [["7", "7 days"], ["30", "30 days"], ["90", "90 days"], ["365", "a year"]];
const MOST_SERIES = 6;

/** Figures as series by day: the largest ones by name, the others as one. */
function series(figures, name, field, days) {
  const sums = new Map();
  for (const figure of figures) {
    const key = figure[name];
    const at = Math.floor(Date.parse(figure.from) / 86_400_000);
    if (key != null && figure[field]) {
      const own = sums.get(key) || { total: 0, byDay: new Map() };
      own.total += figure[field];
      own.byDay.set(at, (own.byDay.get(at) || 0) + figure[field]);
      sums.set(key, own);
    }
  }
  return [...sums].sort((a, b) => b[1].total - a[1].total).slice(0, MOST_SERIES)
    .map(([key, { byDay }]) => ({ name: key, values: days.map((at) => byDay.get(at) || 0) }));
}

/** The 20 contents with the most hits. */
function top(figures) {
  const hits = new Map();
  for (const { bank, content_id, hits: n } of figures) {
    if (content_id !== undefined && n) {
      const key = `${bank}/${content_id}`;
      hits.set(key, { bank, content_id, n: (hits.get(key)?.n || 0) + n });
    }
  }
  return [...hits.values()].sort((a, b) => b.n - a.n).slice(0, 20);
}

async function load(range, bank) {
  const from = daysAgo(Number(range) - 1);
  const by = (what) => get(path("/v1/stats", { by: what, step: "day", from, bank: what === "verdict" ? "" : bank }));
  const [banks, labels, verdicts, contents, report] = await Promise.all([
    by("bank"), by("label"), by("verdict"), by("content"), get(path("/v1/report", { from, to: daysAgo(-1) }))]);
  const first = Math.floor(Date.parse(from) / 86_400_000);
  const days = Array.from({ length: Number(range) }, (_, i) => first + i);
  return { from, days, banks: banks.figures, labels: labels.figures, verdicts: verdicts.figures, top: top(contents.figures), report };
}

export default function Trends({ query }) {
  const range = query.days || "30";
  const bank = useSettled(query.bank);
  const { data, problem } = useAnswer(() => load(range, bank), [range, bank]);
  const plot = (title, figures, name, field) => {
    const lines = series(figures, name, field, data.days);
    return lines.length ? html`<${Chart} title=${title} seconds=${data.days.map((at) => at * 86_400)} series=${lines} />`
      : html`<figure class="chart"><figcaption>${title}</figcaption><${Empty}>None in this time.<//></figure>`;
  };
  return html`
    <${Head} title="Trends" hint="Days are UTC.">
      <a class="button" href=${path("/v1/report", { from: daysAgo(Number(range) - 1), to: daysAgo(-1), format: "csv" })} download="semblance-report.csv">Report as CSV</a>
    <//>
    <div class="filters" role="search">
      <${Field} label="Time" options=${RANGES} value=${range} onInput=${(days) => keep({ ...query, days })} />
      <${Field} label="Bank" value=${query.bank || ""} onInput=${(name) => keep({ ...query, bank: name })} />
    </div>
    <${Trouble} problem=${problem} />
    ${!data && !problem ? html`<${Loading} />` : null}
    ${data ? html`
      <div class="tiles">${[
        ["files checked", number(data.report.uploads.files)], ["hash lookups", number(data.report.uploads.hash_lookups)],
        ["hits", number(data.report.matches.hits)], ["suppressed", number(data.report.matches.suppressed)],
        ["confirmed", number(data.report.reviews.confirmed)], ["called false", number(data.report.reviews.false_match)],
        ["false among reviewed", percent(data.report.reviews.error_rate)], ["added", number(data.report.list.additions)],
        ["withdrawn", number(data.report.list.withdrawals)],
      ].map(([label, figure]) => html`<div class="tile" key=${label}><span class="figure">${figure}</span><span class="hint">${label}</span></div>`)}</div>
      <div class="charts">${plot("Hits by bank", data.banks, "bank", "hits")}${plot("Hits by label", data.labels, "label", "hits")}
        ${plot("Files by verdict", data.verdicts, "verdict", "files")}${plot("Added by bank", data.banks, "bank", "additions")}
        ${plot("Called false by bank", data.banks, "bank", "false_match")}${plot("Suppressed by bank", data.banks, "bank", "suppressed")}</div>
      <section class="panel"><h2>Most hits</h2>${data.top.length ? html`<table class="plain"><thead><tr><th scope="col">Content</th><th scope="col" class="right">Hits</th></tr></thead>
        <tbody>${data.top.map((it) => html`<tr key=${`${it.bank}/${it.content_id}`}><td><a href=${href(["banks", it.bank, "content", it.content_id])}>${it.bank} · ${it.content_id}</a></td><td class="right">${number(it.n)}</td></tr>`)}</tbody></table>`
        : html`<${Empty}>No hit in this time.<//>`}</section>` : null}`;
}
