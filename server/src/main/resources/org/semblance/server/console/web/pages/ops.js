/** How the server is, for the last hour, and as it goes on. */
import { get } from "../api.js";
import { Chart } from "../chart.js";
import { bytes, number } from "../format.js";
import { html, useEffect, useState } from "../html.js";
import { Action, Empty, Head, Loading, Trouble } from "../ui.js";

const EVERY_MS = 5000;

/** Plots: title, names of series, unit, quantile. A series of another name gets a plot of its own. */
const PLOTS = [
  ["Requests a second, by status", ["requests_per_second"], "1/s"],
  ["Verdicts a second", ["verdicts_per_second"], "1/s"],
  ["Latency by route, median", ["latency_ms"], "ms", "0.5"],
  ["Latency by route, 99 %", ["latency_ms"], "ms", "0.99"],
  ["Latency by route, 99.9 %", ["latency_ms"], "ms", "0.999"],
  ["Time by stage, mean", ["stage_ms"], "ms"],
  ["Queues", ["queue_depth", "queue_limit"], "requests"],
  ["Workers busy", ["workers_busy"], ""],
  ["Refusals a second, by cause", ["refusals_per_second"], "1/s"],
  ["Decoders ended a minute", ["decoders_ended_per_minute"], "1/min"],
  ["Behind the shared catalog", ["follow_lag_seconds"], "s"],
  ["Commit of a change", ["commit_ms"], "ms"],
  ["Heap", ["heap_bytes"], "bytes"],
  ["Garbage collection", ["gc_ms_per_second"], "ms/s"],
  ["Open files", ["open_files"], ""],
  ["Warnings a minute", ["warnings_per_minute"], "1/min"],
];
/** What is one number; shown as such. */
const TILES = [["hashes", number], ["list_version", number], ["lag_changes", number], ["follow_lag_changes", number], ["index_bytes", bytes], ["catalog_bytes", bytes],
  ["disk_free_bytes", bytes], ["heap_bytes", bytes], ["open_files", number], ["warnings_per_minute", number]];

const words = (name) => name.replace(/_(bytes|ms)$/, "").replaceAll("_", " ");

function title(one, quantile) {
  const labels = Object.values(one.labels || {}).filter((label) => label !== quantile);
  return labels.length ? labels.join(" ") : words(one.name);
}

const last = (one) => one?.values.findLast((value) => value != null);

/** The most that a plot shows; of latencies the slowest routes. */
const MOST_LINES = 6;

const largest = (series) => [...series].sort((a, b) => (last(b) ?? -1) - (last(a) ?? -1)).slice(0, MOST_LINES);

export default function Ops() {
  const [history, setHistory] = useState(null);
  const [problem, setProblem] = useState(null);
  const [goes, setGoes] = useState(true);
  useEffect(() => {
    if (!goes) {
      return undefined;
    }
    let gone = false;
    let timer;
    async function ask(poll) {
      try {
        const answer = document.hidden ? null : await get("/v1/ops/history", { poll });
        if (answer && !gone) {
          setHistory(answer);
          setProblem(null);
        }
      } catch (e) {
        if (!gone) {
          setProblem(e);
          gone = e.isMissing || e.status === 403;
        }
      }
      if (!gone) {
        timer = setTimeout(ask, EVERY_MS, true);
      }
    }
    ask(false);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [goes]);
  const all = history?.series || [];
  const seconds = (history?.at_ms || []).map((ms) => ms / 1000);
  const known = new Set([...PLOTS.flatMap(([, names]) => names), ...TILES.map(([name]) => name)]);
  const others = [...new Set(all.map((one) => one.name))].filter((name) => !known.has(name)).map((name) => [words(name), [name], ""]);
  return html`
    <${Head} title="Ops" hint="The last hour, in steps of five seconds.">
      <${Action} id="pause" keys="p" label=${goes ? "Pause" : "Go on"} run=${() => setGoes(!goes)} />
    <//>
    <${Trouble} problem=${problem} what="a history of its figures" />
    ${!history && !problem ? html`<${Loading} />` : null}
    ${history ? html`
      <div class="tiles">${TILES.map(([name, shown]) => [name, all.find((one) => one.name === name), shown]).filter(([, one]) => one)
        .map(([name, one, shown]) => html`<div class="tile" key=${name}><span class="figure">${shown(last(one))}</span><span class="hint">${words(name)}</span></div>`)}</div>
      <div class="charts">${[...PLOTS, ...others].map(([name, names, unit, quantile]) => {
        const own = all.filter((one) => names.includes(one.name) && (!quantile || one.labels?.quantile === quantile));
        const lines = largest(own);
        return lines.length ? html`<${Chart} key=${name} title=${name + (own.length > lines.length ? ` (the largest ${lines.length} of ${own.length})` : "")}
          unit=${unit || own[0].unit || ""} seconds=${seconds} series=${lines.map((one) => ({ name: names.length > 1 ? `${words(one.name)} ${title(one)}` : title(one, quantile), values: one.values }))} />` : null;
      })}</div>
      ${all.length ? null : html`<${Empty}>The server has just started: nothing is measured yet.<//>`}` : null}`;
}
