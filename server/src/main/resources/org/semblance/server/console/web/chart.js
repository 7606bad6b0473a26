/** Plots over time. The library is loaded when the first one is shown. */
import { bytes } from "./format.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { prefs } from "./prefs.js";
import { useStore } from "./store.js";

const HUES = ["--plot-1", "--plot-2", "--plot-3", "--plot-4", "--plot-5", "--plot-6"];
let library;

/** Times as the other parts of the console write them, days before months and by 24 hours: uPlot's own are American. */
const TIMES = [
  [31_536_000, "{YYYY}", null, null, null, null, null, null, 1],
  [2_419_200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86_400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
];

function load() {
  library ??= (async () => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("lib/uPlot.min.css", import.meta.url).href;
    document.head.append(sheet);
    return (await import("uplot")).default;
  })();
  return library;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * @param {object} props
 * @param {string} props.title
 * @param {number[]} props.seconds Unix times
 * @param {{name: string, values: (number | null)[]}[]} props.series
 * @param {string} [props.unit]
 * @param {boolean} [props.bars]
 */
export function Chart({ title, seconds, series, unit = "", bars = false, height = 180 }) {
  const box = useRef(null);
  const [failed, setFailed] = useState(false);
  const { theme } = useStore(prefs);
  const shape = series.map((one) => one.name).join("\n");
  const plot = useRef(null);
  const data = [seconds, ...series.map((one) => one.values)];
  useEffect(() => {
    let gone = false;
    let watch;
    load().then((UPlot) => {
      if (gone || !box.current) {
        return;
      }
      const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") },
        font: "12px system-ui" };
      const size = () => ({ width: Math.max(240, box.current?.clientWidth || 240), height });
      plot.current = new UPlot({
        ...size(), legend: { live: false }, cursor: { y: false }, axes: [{ ...axis, values: TIMES }, { ...axis, size: 70, ...(unit === "bytes" ? { values: (u, ticks) => ticks.map(bytes) } : {}) }],
        scales: { y: { range: (u, low, high) => [0, Math.max(high || 0, 1)] } },
        series: [{}, ...series.map((one, i) => ({
          label: one.name, stroke: colour(HUES[i % HUES.length]), width: 1.5, spanGaps: false,
          points: { show: true, size: 4, filter: (u, which) => lone(u.data[which]) }, ...(bars ? { paths: UPlot.paths.bars({ size: [0.7, 40] }), fill: colour(HUES[i % HUES.length]) } : {}),
        }))],
      }, data, box.current);
      watch = new ResizeObserver(() => plot.current.setSize(size()));
      watch.observe(box.current);
    }).catch(() => !gone && setFailed(true));
    return () => {
      gone = true;
      watch?.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape, theme, bars]);
  useEffect(() => plot.current?.setData(data));
  return html`<figure class="chart"><figcaption>${title}${unit ? html` <span class="hint">${unit}</span>` : null}</figcaption>
    ${failed ? html`<p class="note bad">The plot could not be drawn.</p>` : null}
    <div ref=${box} role="img" aria-label=${`${title}: ${series.map(summary).join("; ")}`}></div></figure>`;
}

/** The places of values without a neighbour, which no line shows. */
function lone(values) {
  return [...values.keys()].filter((at) => values[at] != null && values[at - 1] == null && values[at + 1] == null);
}

/** The last value of a series, for those who do not see the plot. */
function summary({ name, values }) {
  const last = values.findLast((value) => value != null);
  return `${name} ${last == null ? "no value" : Math.round(last * 100) / 100}`;
}
