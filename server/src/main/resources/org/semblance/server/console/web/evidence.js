/** What a match says of itself: bits, moments, and where the picture is kept. */
import { clock } from "./format.js";
import { html, useEffect, useRef } from "./html.js";

/** Which of 16 by 16 bits differ: digits 0 and 1, a string a row. */
export function Bits({ difference }) {
  const canvas = useRef(null);
  useEffect(() => {
    const colour = getComputedStyle(document.documentElement).getPropertyValue("--bad");
    const context = canvas.current.getContext("2d");
    context.clearRect(0, 0, 16, 16);
    context.fillStyle = colour;
    difference.forEach((row, y) => [...row].forEach((bit, x) => bit === "1" && context.fillRect(x, y, 1, 1)));
  }, [difference]);
  const differ = difference.join("").replaceAll("0", "").length;
  return html`<canvas ref=${canvas} class="bits" width="16" height="16" role="img"
    aria-label=${`${differ} of 256 bits differ`}></canvas>`;
}

/** Where in two videos the same is seen. */
export function Spans({ spans }) {
  const end = (side) => Math.max(1, ...spans.flatMap((span) => span[side] || []));
  const line = (side, name) => {
    const own = spans.filter((span) => span[side]);
    return own.length ? html`<div class="line"><span class="hint">${name}</span></div>
      <div class="timeline" role="img" aria-label=${`${name}: ${own.map((s) => `${clock(s[side][0])} to ${clock(s[side][1])}`).join(", ")}`}>
        ${own.map((span, i) => html`<span key=${i} style=${{
          left: `${(span[side][0] / end(side)) * 100}%`, width: `${((span[side][1] - span[side][0]) / end(side)) * 100}%` }}></span>`)}
      </div>` : null;
  };
  return html`<div class="spans">${line("query", "upload")}${line("bank", "banked video")}</div>`;
}

/** A link to the case system, if it is https; anything else is shown as text. */
export function EvidenceLink({ url }) {
  let https = false;
  try {
    https = new URL(url).protocol === "https:";
  } catch {
    // Shown as text.
  }
  return https
    ? html`<a href=${url} target="_blank" rel="noreferrer noopener">${new URL(url).host} (opens the case system)</a>`
    : html`<span class="mono">${String(url)}</span>`;
}
