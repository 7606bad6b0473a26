/** The contents of a bank: filtered, selected, and changed together. */
import { get, path, segment } from "../api.js";
import { changeMany, changes } from "../change.js";
import { day, daysAgo, number } from "../format.js";
import { html, useState } from "../html.js";
import { go, href, keep } from "../router.js";
import { RowActions, useRows } from "../rows.js";
import { useSettled, useStore } from "../store.js";
import { Table, usePages } from "../table.js";
import { Action, Badge, Empty, Field, Labels, Trouble, useAnswer, Word } from "../ui.js";

const STATUSES = [["", "all"], ["enabled", "enabled"], ["disabled", "disabled"], ["proposed", "proposed"], ["withdrawn", "withdrawn"]];

/** Image, video or digests alone, by what a content has. */
export function kindOf(content) {
  const types = new Set(content.signals.map((signal) => signal.type));
  return content.video || types.has("vpdq") ? "video" : types.has("pdq") ? "image" : "exact only";
}

/** Labels as a person types them. */
export const labelList = (text) => [...new Set(text.split(",").map((label) => label.trim()).filter(Boolean))];

async function hitsOf(bank) {
  const { figures } = await get(path("/v1/stats", { by: "content", step: "day", bank, from: daysAgo(29) }));
  const hits = new Map();
  figures.forEach((figure) => hits.set(figure.content_id, (hits.get(figure.content_id) || 0) + (figure.hits || 0)));
  return hits;
}

export function Contents({ bank, query }) {
  const now = useStore(changes);
  const [all, setAll] = useState(false);
  const { q, label, source, actor, hash, status, from, to, exact_only, quarantined } = query;
  const settled = useSettled(JSON.stringify(query));
  const address = `/v1/banks/${segment(bank)}/content`;
  const pages = usePages(async (before) => {
    const filter = {
      q: q?.length >= 3 ? q : "", label, source, actor, hash, status, exact_only, quarantined,
      created_from: from && `${from}T00:00:00Z`, created_before: to && `${to}T00:00:00Z`,
    };
    try {
      const { contents, next_before } = await get(path(address, { order: "desc", limit: 100, ...filter, before }));
      return { rows: contents, next: next_before };
    } catch (e) {
      if (!e.isMissing) {
        throw e;
      }
      // A server without the newer filters has its pages from the oldest on.
      const { contents, next_after } = await get(path(address, {
        limit: 100, label, status, created_from: filter.created_from, created_before: filter.created_before, after: before }));
      return { rows: contents, next: next_after };
    }
  }, [bank, now, settled]);
  const hits = useAnswer(() => hitsOf(bank).catch(() => new Map()), [bank, now]);
  const rows = pages.rows;
  const list = useRows(rows, (content) => content.id);
  const open = (content) => go(["banks", bank, "content", content.id]);
  const filter = (name) => (value) => keep({ ...query, [name]: value });
  const chosen = list.chosen.length ? list.chosen : list.current ? [list.current] : [];
  const many = chosen.length === 1 ? `content ${chosen[0].id}` : `${number(chosen.length)} contents`;

  const bulk = (title, done, request, more = {}) => async () => {
    if (await changeMany({ title: `${title} ${many}?`, confirm: title, done, items: chosen, ...more, request })) {
      list.selectAll(false);
    }
  };
  const patch = (content, json) => ["PATCH", `${address}/${content.id}`, json];
  const disable = bulk("Disable", "Disabled", (content) => patch(content, { status: "disabled" }));
  const enable = bulk("Enable", "Enabled", (content) => patch(content, { status: "enabled" }));
  const withdraw = bulk("Withdraw", "Withdrew", (content) => ["DELETE", `${address}/${content.id}`], {
    danger: true, text: "A withdrawn content matches nothing. The journal keeps it, and it can be restored." });
  const relabel = bulk("Label", "Labelled", (content, values) => patch(content, {
    labels: labelList([...content.labels, values.add].join(",")).filter((name) => !labelList(values.remove).includes(name)) }), {
    fields: [{ name: "add", label: "Add labels", hint: "Separated by commas" }, { name: "remove", label: "Take away labels" }] });

  return html`
    <div class="filters" role="search">
      <${Field} label="Note or metadata" value=${q || ""} onInput=${filter("q")} placeholder="3 letters or more" />
      <${Field} label="Label" value=${label || ""} onInput=${filter("label")} />
      <${Field} label="Source" value=${source || ""} onInput=${filter("source")} />
      <${Field} label="Status" options=${STATUSES} value=${status || ""} onInput=${filter("status")} />
      ${all ? html`<${Field} label="Added by" value=${actor || ""} onInput=${filter("actor")} />
        <${Field} label="Hash" value=${hash || ""} onInput=${filter("hash")} spellcheck=${false} />
        <${Field} label="Added from" type="date" value=${from || ""} onInput=${filter("from")} />
        <${Field} label="Added before" type="date" value=${to || ""} onInput=${filter("to")} />
        <${Field} label="Exact only" type="checkbox" value=${exact_only === "true"} onInput=${(on) => filter("exact_only")(on ? "true" : "")} />
        <${Field} label="In quarantine" type="checkbox" value=${quarantined === "true"} onInput=${(on) => filter("quarantined")(on ? "true" : "")} />` : null}
      <${Action} id="filter" keys="/" label="Filter" compact run=${() => document.querySelector(".filters input").focus()} />
      <${Action} id="more-filters" label=${all ? "Fewer filters" : "More filters"} compact run=${() => setAll(!all)} />
    </div>
    <div class="bulk">
      <${RowActions} list=${list} open=${open} select />
      <span class="hint" role="status">${list.chosen.length ? `${list.chosen.length} selected` : ""}</span>
      <${Action} id="disable" keys="d" label="Disable…" run=${disable} off=${!chosen.length} />
      <${Action} id="enable" keys="e" label="Enable…" run=${enable} off=${!chosen.length} />
      <${Action} id="labels" keys="l" label="Labels…" run=${relabel} off=${!chosen.length} />
      <${Action} id="withdraw" keys="w" label="Withdraw…" kind="danger" run=${withdraw} off=${!chosen.length} />
    </div>
    <${Trouble} problem=${pages.problem} />
    ${!pages.loading && !rows.length && !pages.problem ? html`<${Empty}>No content fits.<//>` : null}
    ${rows.length ? html`<${Table} label=${`Contents of ${bank}`} rows=${rows} keyOf=${(content) => content.id} list=${list} open=${open} select
      more=${pages.more} columns=${[
        ["Id", (content) => html`<a tabindex="-1" href=${href(["banks", bank, "content", content.id])}>${content.id}</a>`],
        ["Status", (content) => html`<${Word} of=${content.status} />${content.quarantine ? html` <${Badge} kind="warn">quarantine<//>` : null}`],
        ["Type", kindOf],
        ["Labels", (content) => html`<${Labels} of=${content.labels} />`],
        ["Note", (content) => content.note || ""],
        ["Source", (content) => content.source || ""],
        ["Added", (content) => day(content.created_at)],
        ["By", (content) => content.created_by || ""],
        ["Hits 30 d", (content) => number(hits.data?.get(content.id) ?? 0), "right"],
      ]} />` : null}`;
}
