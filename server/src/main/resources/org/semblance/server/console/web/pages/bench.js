/** Runs of the benchmark that lie in the data folder. They are not started from here: a run on a live server lies, and harms. */
import { get } from "../api.js";
import { number, time } from "../format.js";
import { html, useState } from "../html.js";
import { Empty, Facts, Field, Head, Loading, Trouble, useAnswer } from "../ui.js";

/** A figure beside that of an earlier run. */
function Against({ now, before }) {
  if (now == null) {
    return "–";
  }
  const change = before ? Math.round((now / before - 1) * 100) : null;
  return html`${number(now)}${change === null ? null : html` <span class="hint">${change > 0 ? "+" : ""}${change} %</span>`}`;
}

export default function Bench() {
  const { data, problem } = useAnswer(() => get("/v1/ops/benchmarks"), []);
  const [chosen, setChosen] = useState("");
  const [against, setAgainst] = useState("");
  const runs = [...(data?.runs || [])].sort((a, b) => String(b.run.made_at).localeCompare(String(a.run.made_at)));
  const run = (runs.find((one) => one.file === chosen) || runs[0])?.run;
  const earlier = (runs.find((one) => one.file === against) || (runs.length > 1 && !chosen ? runs[1] : null))?.run;
  const names = runs.map((one) => [one.file, `${one.file}, ${time(one.run.made_at)}`]);
  const before = (name) => earlier?.figures?.find((figure) => figure.name === name);
  return html`
    <${Head} title="Benchmarks" hint="Runs of “semblance bench --results”, from the folder bench of the data folder." />
    <${Trouble} problem=${problem} what="a list of benchmarks" />
    ${!data && !problem ? html`<${Loading} />` : null}
    ${data && !runs.length && !data.bad.length ? html`<${Empty}>No run lies in the folder bench of the data folder.<//>` : null}
    ${(data?.bad || []).map(({ file, problem }) => html`<p class="note bad" role="alert" key=${file}>${file}: ${problem}</p>`)}
    ${run ? html`
      <div class="filters"><${Field} label="Run" options=${names} value=${chosen || runs[0].file} onInput=${setChosen} />
        <${Field} label="Against" options=${[["", "the one before"], ...names]} value=${against} onInput=${setAgainst} /></div>
      <section class="panel"><${Facts} of=${[["Made", time(run.made_at)], ["Machine", run.machine], ["JDK", run.jdk], ["Version", run.version],
        ["Hashes looked up among", number(run.size)], ["Notes", (run.notes || []).join(" ")], ["Not measured", (run.failures || []).join(" ")]]} /></section>
      <div class="table"><table aria-label="Figures"><thead><tr><th scope="col">What</th><th scope="col" class="right">A second</th><th scope="col" class="right">p50, µs</th>
        <th scope="col" class="right">p99, µs</th><th scope="col" class="right">p99.9, µs</th><th scope="col" class="right">Recall</th></tr></thead>
        <tbody>${(run.figures || []).map((figure) => html`<tr key=${figure.name}><td title=${figure.what}>${figure.name}</td>
          ${["per_second", "p50_us", "p99_us", "p999_us"].map((name) => html`<td class="right" key=${name}><${Against} now=${figure[name]} before=${before(figure.name)?.[name]} /></td>`)}
          <td class="right">${figure.recall ?? "–"}</td></tr>`)}</tbody></table></div>` : null}`;
}
