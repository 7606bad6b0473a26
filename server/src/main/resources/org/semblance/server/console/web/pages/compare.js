/** How alike two things are: a file against a banked content, a hash or a second file. */
import { call, get } from "../api.js";
import { Bits, Spans } from "../evidence.js";
import { Drop } from "../files.js";
import { html, useEffect, useState } from "../html.js";
import { isVideo, MediaActions, Strip, Thumb } from "../media.js";
import { passOn } from "../handover.js";
import { seesDistance } from "../session.js";
import { Action, Badge, DistanceBar, Facts, Field, Head, Trouble, useAnswer } from "../ui.js";

export default function Compare({ query }) {
  const [one, setOne] = useState(null);
  const [other, setOther] = useState(null);
  const [focus, setFocus] = useState("one");
  const [against, setAgainst] = useState({ bank: query.bank || "", content: query.content || "", hash: query.hash || "" });
  const [answer, setAnswer] = useState(null);
  const [problem, setProblem] = useState(null);
  const banks = useAnswer(() => get("/v1/banks"), []);
  useEffect(() => {
    const files = passOn.take();
    if (files) {
      setOne(files[0]);
    }
  }, []);

  /** The hash of the second file stands for it: the route takes one file. */
  async function run() {
    setProblem(null);
    setAnswer(null);
    try {
      const side = other ? { hash: await pdqOf(other) }
        : against.hash ? { hash: against.hash.trim() } : { bank: against.bank, content_id: against.content };
      if (one) {
        const form = new FormData();
        form.set("file", one, "file");
        Object.entries(side).forEach(([name, value]) => form.set(name, value));
        setAnswer(await call("POST", "/v1/compare", { body: form }));
      } else {
        setProblem(new Error("Choose a file first."));
      }
    } catch (e) {
      setProblem(e);
    }
  }

  if (!seesDistance()) {
    return html`<${Head} title="Compare" /><p class="note">Your key is not told hashes and distances, which this screen is made of.</p>`;
  }
  const shown = focus === "other" && other ? other : one;
  return html`
    <${Head} title="Compare" hint="What differs, bit by bit. Both files stay in this browser, blurred.">
      <${MediaActions} file=${shown} />
      <${Action} id="swap-focus" keys="j" label="Peek at the other" compact run=${() => setFocus(focus === "one" ? "other" : "one")} off=${!other} />
      <${Action} id="compare-now" keys="Enter" label="Compare" kind="primary" run=${run} off=${!one} />
    <//>
    <div class="columns">
      <section class="panel"><h2>File</h2><${Side} file=${one} onFile=${setOne} /></section>
      <section class="panel"><h2>Against</h2>
        <div class="form">
          <${Field} label="Bank" options=${[["", "–"], ...(banks.data?.banks || []).map((bank) => [bank.name, bank.name])]} value=${against.bank}
            onInput=${(bank) => setAgainst({ ...against, bank })} />
          <${Field} label="Content" inputmode="numeric" value=${against.content} onInput=${(content) => setAgainst({ ...against, content })} />
          <${Field} label="or a PDQ hash" value=${against.hash} onInput=${(hash) => setAgainst({ ...against, hash })} spellcheck=${false} />
        </div><h2>or a second file</h2><${Side} file=${other} onFile=${setOther} /></section>
    </div>
    <${Trouble} problem=${problem} />
    ${answer ? html`<${Comparison} answer=${answer} />` : null}`;
}

async function pdqOf(file) {
  const { signals } = await call("POST", "/v1/hash", { body: file, type: "application/octet-stream" });
  const pdq = signals.find((signal) => signal.type === "pdq");
  if (!pdq) {
    throw new Error("The second file has no PDQ hash; a second video cannot be compared, bank it first.");
  }
  return pdq.hash;
}

function Side({ file, onFile }) {
  return file ? html`<div class="line">${isVideo(file) ? html`<${Strip} file=${file} />` : html`<${Thumb} file=${file} />`}
    <p>${file.name} <${Action} label="Remove" compact run=${() => onFile(null)} /></p></div>`
    : html`<${Drop} many=${false} label="Drop a file here" onFiles=${([first]) => onFile(first)} />`;
}

function Comparison({ answer }) {
  return html`<section class="panel" aria-label="Result"><h2>Result</h2><div class="columns">
    <${Facts} of=${[
      ["Match", html`<${Badge} kind=${answer.match ? "bad" : "good"}>${answer.match ? "yes" : "no"}<//>`],
      ["Same bytes", answer.same_bytes ? "yes" : "no"],
      ["Distance", answer.distance === undefined ? null : html`<${DistanceBar} distance=${answer.distance} threshold=${answer.threshold} />`],
      ["Threshold of", answer.threshold_of], ["Transform", answer.transform],
      ["Share of the file", answer.query_match_percent === undefined ? null : `${answer.query_match_percent} %`],
      ["Share of the other", answer.bank_match_percent === undefined ? null : `${answer.bank_match_percent} %`],
      ["Hash", answer.hash ? html`<code>${answer.hash}</code>` : null],
      ["Other hash", answer.other_hash ? html`<code>${answer.other_hash}</code>` : null],
    ]} />
    <div>${answer.difference ? html`<${Bits} difference=${answer.difference} /><p class="hint">The bits that differ, as PDQ's 16 by 16: low frequencies top left.</p>` : null}
    ${answer.spans?.length ? html`<${Spans} spans=${answer.spans} />` : null}</div>
  </div></section>`;
}
