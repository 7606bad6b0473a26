/** All banks that the key sees, with what is in each, and making a new one. */
import { get, path } from "../api.js";
import { change, changes } from "../change.js";
import { daysAgo, number } from "../format.js";
import { html } from "../html.js";
import { go, href } from "../router.js";
import { RowActions, useRows } from "../rows.js";
import { may } from "../session.js";
import { useStore } from "../store.js";
import { Action, Badge, Empty, Head, Loading, Trouble, useAnswer } from "../ui.js";
import { Table } from "../table.js";

/** The banks with counts, or without where the server has none. */
export async function banksWithCounts() {
  try {
    return await get("/v1/banks?counts=true");
  } catch (e) {
    if (e.isMissing) {
      return get("/v1/banks");
    }
    throw e;
  }
}

/** Hits and additions of the last seven days, by bank. */
async function week() {
  const { figures } = await get(path("/v1/stats", { by: "bank", step: "day", from: daysAgo(6) }));
  const sums = {};
  for (const { bank, hits = 0, additions = 0 } of figures) {
    sums[bank] ??= { hits: 0, additions: 0 };
    sums[bank].hits += hits;
    sums[bank].additions += additions;
  }
  return sums;
}

function flags(bank) {
  const { counts = {} } = bank;
  return [
    bank.enabled_ratio === 0 && ["warn", "switched off"],
    bank.enabled_ratio > 0 && bank.enabled_ratio < 1 && ["warn", `on for ${Math.round(bank.enabled_ratio * 100)} %`],
    bank.kind === "match" && !bank.legal_basis && ["", "no legal basis"],
    counts.quarantined > 0 && ["warn", `${counts.quarantined} in quarantine`],
    counts.proposed > 0 && ["warn", `${counts.proposed} proposed`],
    counts.exact_only > 0 && ["", `${counts.exact_only} exact only`],
    bank.needs_approval && ["good", "two persons"],
  ].filter(Boolean);
}

export const BANK_FIELDS = [
  { name: "description", label: "Description" },
  { name: "legal_basis", label: "Legal basis" },
  { name: "handling", label: "Handling", hint: "What a caller should do about a match" },
  { name: "distance_threshold", label: "Distance threshold", type: "number", min: 0, max: 256, hint: "Empty for the default, 31" },
];

/** Fields of a form as the API wants them: text, a number, or null for what was left empty. */
export function bankBody(values) {
  return {
    description: values.description || null, legal_basis: values.legal_basis || null, handling: values.handling || null,
    distance_threshold: values.distance_threshold === "" ? null : Number(values.distance_threshold),
  };
}

export default function Banks() {
  const now = useStore(changes);
  const { data, problem } = useAnswer(banksWithCounts, [now]);
  const stats = useAnswer(() => week().catch(() => ({})), [now]);
  const banks = data?.banks || [];
  const list = useRows(banks, (bank) => bank.name);
  const open = (bank) => go(["banks", bank.name]);

  const create = () => change({
    title: "New bank", confirm: "Create", method: "POST", path: "/v1/banks", done: "Created the bank",
    fields: [
      { name: "name", label: "Name", required: true, pattern: "[A-Z_][A-Z0-9_]*", hint: "UPPER_WITH_UNDERSCORES" },
      { name: "kind", label: "Kind", options: [["match", "match: known content"], ["allow", "allow: suppresses matches"]], value: "match" },
      { name: "needs_approval", label: "Changes need a second person", type: "checkbox", value: false },
      ...BANK_FIELDS,
    ],
    json: (values) => ({ name: values.name, kind: values.kind, ...bankBody(values),
      description: values.description || undefined, ...(values.needs_approval ? { needs_approval: true } : {}) }),
  });

  const count = (name) => (bank) => number(bank.counts?.[name]);
  return html`
    <${Head} title="Banks">
      <${RowActions} list=${list} open=${open} />
      ${may("admin") ? html`<${Action} id="new-bank" keys="n" label="New bank…" run=${create} />` : null}
    <//>
    <${Trouble} problem=${problem} />
    ${!data && !problem ? html`<${Loading} />` : null}
    ${data && !banks.length ? html`<${Empty}>There is no bank yet.<//>` : null}
    ${banks.length ? html`<${Table} label="Banks" rows=${banks} keyOf=${(bank) => bank.name} list=${list} open=${open} columns=${[
      ["Bank", (bank) => html`<a tabindex="-1" href=${href(["banks", bank.name])}>${bank.name}</a>`],
      ["Kind", (bank) => bank.kind],
      ["Enabled", count("enabled"), "right"], ["Disabled", count("disabled"), "right"],
      ["Images", count("images"), "right"], ["Videos", count("videos"), "right"],
      ["Added 7 d", (bank) => number(stats.data?.[bank.name]?.additions ?? 0), "right"],
      ["Hits 7 d", (bank) => number(stats.data?.[bank.name]?.hits ?? 0), "right"],
      ["Threshold", (bank) => bank.distance_threshold ?? "31", "right"],
      ["Health", (bank) => flags(bank).map(([kind, text]) => html`<${Badge} kind=${kind} key=${text}>${text}<//> `)],
      ["Description", (bank) => bank.description || ""],
    ]} />` : null}`;
}
