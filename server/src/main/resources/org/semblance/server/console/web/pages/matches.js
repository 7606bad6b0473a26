/** What matched: newest first, as it happens; confirmed or called false by a person. */
import { call, segment } from "../api.js";
import { ask } from "../dialogs.js";
import { Spans } from "../evidence.js";
import { plural, time } from "../format.js";
import { html, useMemo, useState } from "../html.js";
import { useMatches } from "../live.js";
import { go, href, keep } from "../router.js";
import { RowActions, useRows } from "../rows.js";
import { tell } from "../toasts.js";
import { Action, Badge, Empty, Field, Head, Labels, Loading, Trouble, Word } from "../ui.js";

const VERDICTS = [["", "all"], ["match", "match"], ["suppressed", "suppressed"], ["likely", "likely"], ["no_match", "no match"]];

const DIGESTS = new Set(["md5", "sha1", "sha256"]);

/** The rows of each content together, in the order of their newest. */
function grouped(rows) {
  const groups = new Map();
  for (const row of rows) {
    const key = `${row.bank}/${row.content_id}`;
    const group = groups.get(key);
    if (group) {
      group.hits++;
    } else {
      groups.set(key, { ...row, hits: 1 });
    }
  }
  return [...groups.values()];
}

export default function Matches({ query }) {
  const [group, setGroup] = useState(false);
  const { bank, label, key, verdict, distance } = query;
  const feed = useMatches({ bank, label, key, verdict });
  const rows = useMemo(() => {
    const near = feed.rows.filter((row) => !distance || (row.distance ?? 0) <= Number(distance));
    return group ? grouped(near) : near;
  }, [feed.rows, group, distance]);
  const list = useRows(rows, (row) => row.id);
  const row = list.current;
  const filter = (name) => (value) => keep({ ...query, [name]: value });

  async function review(word) {
    const values = await ask({
      title: word === "confirmed" ? "Confirm this match" : "Call this match false",
      text: `${row.bank}, content ${row.content_id}. The newest review counts; another one can follow.`,
      confirm: word === "confirmed" ? "Confirm" : "False match", reason: word === "confirmed" ? "optional" : "required",
    });
    if (!values) {
      return;
    }
    try {
      const review = await call("POST", `/v1/matches/${segment(row.verdict_id)}/review`, {
        json: { review: word, reason: values.reason, content_id: row.content_id },
      });
      feed.replace((now) => now.map((other) =>
        other.verdict_id === row.verdict_id && other.content_id === row.content_id ? { ...other, review } : other));
      tell(`Content ${row.content_id}: ${word.replace("_", " ")}.`);
    } catch (e) {
      tell(`The review failed: ${e.message}`, { kind: "bad" });
    }
  }

  const open = (of) => go(["banks", of.bank, "content", of.content_id]);
  return html`
    <${Head} title="Matches" hint="Each row is one banked content in one verdict. No upload is kept.">
      <${RowActions} list=${list} open=${open} openLabel="Open item" />
      <${Action} id="confirm" keys="c" label="Confirm" run=${() => review("confirmed")} off=${!row} />
      <${Action} id="false-match" keys="f" label="False match" run=${() => review("false_match")} off=${!row} />
    <//>
    <div class="filters" role="search">
      <${Field} label="Bank" value=${bank || ""} onInput=${filter("bank")} />
      <${Field} label="Label" value=${label || ""} onInput=${filter("label")} />
      <${Field} label="Key" value=${key || ""} onInput=${filter("key")} />
      <${Field} label="Distance up to" type="number" min="0" max="256" value=${distance || ""} onInput=${filter("distance")} />
      <${Field} label="Verdict" options=${VERDICTS} value=${verdict || ""} onInput=${filter("verdict")} />
      <${Field} label="One row a content" type="checkbox" value=${group} onInput=${setGroup} />
      <${Action} id="filter" keys="/" label="Filter" compact run=${() => document.querySelector(".filters input").focus()} />
      <${Badge} kind=${feed.state === "live" ? "good" : "warn"}>${feed.state === "live" ? "live" : "not connected"}<//>
    </div>
    <${Trouble} problem=${feed.problem} />
    ${feed.loading ? html`<${Loading} />` : !rows.length && !feed.problem ? html`<${Empty}>Nothing matched. New matches appear here by themselves.<//>` : null}
    <div class="list" ref=${list.box} role="list" aria-label="Matches">${rows.map((it) => html`<div role="listitem" key=${it.id} data-id=${it.id}
        class=${`item ${feed.fresh.has(it.id) ? "new" : ""}`} ...${list.props(it, open)}>
      <div><${Word} of=${it.outcome} /></div>
      <div class="main">
        <div class="line"><a href=${href(["banks", it.bank, "content", it.content_id])} tabindex="-1">${it.bank} · ${it.content_id}</a>
          <${Labels} of=${it.labels} />${it.hits > 1 ? html`<strong>${plural(it.hits, "hit")} shown</strong>` : null}
          ${it.review ? html`<${Word} of=${it.review.review} /><span class="hint">${it.review.actor}${it.review.reason ? `: ${it.review.reason}` : ""}</span>` : null}</div>
        <div class="line hint"><span>${time(it.at)}</span><span>${it.signal_type}</span>
          ${it.transform && it.transform !== "none" ? html`<span>${it.transform}</span>` : null}
          ${it.key ? html`<span>key ${it.key}</span>` : null}${it.reference ? html`<span>reference ${it.reference}</span>` : null}</div>
        ${it.spans?.length ? html`<${Spans} spans=${it.spans} />` : null}
      </div>
      <div>${it.distance == null ? null : html`<span class="hint">${DIGESTS.has(it.signal_type) ? "the same bytes" : `${plural(it.distance, "bit")} off`}</span>`}</div>
    </div>`)}</div>
    ${feed.older ? html`<p><${Action} id="older" label="Show older" run=${feed.older} /></p>` : null}`;
}
