/** Is this a copy of something known? Files go to /v1/match, four at a time; pictures stay in the browser. */
import { get, inParallel, patient, path } from "../api.js";
import { bankFile } from "../banking.js";
import { Spans } from "../evidence.js";
import { Drop, useFiles } from "../files.js";
import { number, plural } from "../format.js";
import { html, useEffect } from "../html.js";
import { MediaActions, Thumb } from "../media.js";
import { go, href } from "../router.js";
import { RowActions, useRows } from "../rows.js";
import { may, seesDistance } from "../session.js";
import { passOn } from "../handover.js";
import { Action, Badge, DistanceBar, Empty, Head, Labels, Word, useAnswer } from "../ui.js";

const MOST = 200;

/** Everything of the list that an answer names, the decisive ones first. */
const named = (answer) => ["matches", "likely", "quarantined", "suppressed_by"].flatMap((part) =>
  (answer[part] || []).map((match) => ({ ...match, part })));

/** What lay nearest and did not count. */
const beyond = (answer) => (answer.explain?.signals || []).flatMap((signal) => signal.nearest)
  .filter((near) => near.outcome !== "match" && near.distance !== undefined).slice(0, 1);

export default function Check() {
  const { files, add, update, clear } = useFiles();
  const list = useRows(files, (entry) => entry.id);
  const explain = may("curate") && seesDistance() ? true : undefined;
  const banks = useAnswer(() => (may("curate") ? get("/v1/banks") : Promise.resolve({ banks: [] })), []);
  const current = list.current;

  async function check(more) {
    const room = MOST - files.length;
    await inParallel(add(more.slice(0, room)), 4, async ({ id, file }) => {
      update(id, { state: "is looked up" });
      try {
        const answer = await patient("POST", path("/v1/match", { explain }), { body: file, type: "application/octet-stream" });
        update(id, { state: "", answer });
      } catch (e) {
        update(id, { state: `failed: ${e.message}`, failed: true });
      }
    });
  }

  useEffect(() => {
    const files = passOn.take();
    if (files) {
      check(files);
    }
  }, []);

  const bank = (kind) => bankFile({ file: current.file, kind, banks: banks.data?.banks || [] });
  const compare = () => {
    const [match] = named(current.answer);
    passOn.give([current.file]);
    go(["compare"], match ? { bank: match.bank, content: match.content_id } : {});
  };
  const done = files.filter((entry) => entry.answer);
  const hits = done.filter((entry) => entry.answer.verdict === "match");
  return html`
    <${Head} title="Check" hint="Up to 200 images and videos. A check counts as an upload in the match log, under your key.">
      <${RowActions} list=${list} />
      <${MediaActions} file=${current?.file} />
      ${may("curate") ? html`
        <${Action} id="add-to-bank" keys="a" label="Add to bank…" run=${() => bank("match")} off=${!current} />
        <${Action} id="allow" keys="o" label="Allow…" run=${() => bank("allow")} off=${!current} />
        <${Action} id="compare" keys="d" label="Compare" run=${compare} off=${!current?.answer} />` : null}
    <//>
    <${Drop} onFiles=${check} label="Drop up to 200 files here" />
    ${files.length ? html`<p role="status" class="line"><strong>${number(done.length)} of ${plural(files.length, "file")} checked, ${
      plural(hits.length, "match", "matches")}</strong> <${Action} id="clear" label="Clear" compact run=${clear} /></p>` : html`<${Empty}>Nothing to check yet.<//>`}
    <div class="list" role="list" aria-label="Files" ref=${list.box}>${files.map((entry) => html`<div class="item" role="listitem" key=${entry.id}
        data-verdict=${entry.answer?.verdict} ...${list.props(entry)}>
      <${Thumb} file=${entry.file} />
      <div class="main"><div class="line"><strong>${entry.file.name}</strong>${entry.answer ? html`<${Word} of=${entry.answer.verdict} />` : html`<span class=${entry.failed ? "badge bad" : "hint"}>${entry.state}</span>`}</div>
        ${entry.answer ? html`<${Result} answer=${entry.answer} />` : null}</div><span></span>
    </div>`)}</div>`;
}

function Result({ answer }) {
  const pdq = (answer.signals || []).find((signal) => signal.type === "pdq");
  const near = beyond(answer);
  return html`
    ${answer.reason ? html`<div class="line hint">${answer.reason}</div>` : null}
    ${named(answer).map((match, i) => html`<div class="line" key=${i}>
      ${may("curate") ? html`<a tabindex="-1" href=${href(["banks", match.bank, "content", match.content_id])}>${match.bank} · ${match.content_id}</a>`
        : html`<span>${match.bank} · ${match.content_id}</span>`}
      ${match.part === "matches" ? null : html`<${Badge}>${match.part.replace("_", " ")}<//>`}
      <${Labels} of=${match.labels} /><${DistanceBar} distance=${match.distance} threshold=${match.threshold} />
      ${match.transform && match.transform !== "none" ? html`<span class="hint">${match.transform}</span>` : null}
      ${match.handling ? html`<span class="hint">${match.handling}</span>` : null}
      ${match.spans?.length ? html`<${Spans} spans=${match.spans} />` : null}</div>`)}
    ${!named(answer).length && near.length ? html`<div class="line hint">nearest: ${near[0].bank} · ${near[0].content_id}, ${
      near[0].outcome.replaceAll("_", " ")}<${DistanceBar} distance=${near[0].distance} threshold=${near[0].threshold} /></div>` : null}
    <div class="line hint"><span>${answer.content_type}</span>${pdq?.quality !== undefined ? html`<span>quality ${pdq.quality}</span>` : null}
      <span>list version ${number(answer.list_version)}</span>${answer.partial ? html`<${Badge} kind="warn">partial<//>` : null}</div>`;
}
