/** One bank: its contents, its health and its settings. */
import { html, useState } from "../html.js";
import { get, segment } from "../api.js";
import { change, changes, differing } from "../change.js";
import { percent } from "../format.js";
import { go } from "../router.js";
import { may } from "../session.js";
import { useStore } from "../store.js";
import { Action, Badge, Facts, Head, Tabs, Trouble, useAnswer } from "../ui.js";
import { BANK_FIELDS, bankBody } from "./banks.js";
import { Contents } from "./contents.js";
import { Health } from "./health.js";

const TABS = [["contents", "Contents"], ["health", "Health"], ["settings", "Settings"]];

export default function Bank({ parts: [, name], query }) {
  const now = useStore(changes);
  const [tab, setTab] = useState("contents");
  const { data: bank, problem } = useAnswer(async () => {
    try {
      return await get(`/v1/banks/${segment(name)}?counts=true`);
    } catch (e) {
      return e.isMissing ? get(`/v1/banks/${segment(name)}`) : Promise.reject(e);
    }
  }, [name, now]);
  const address = `/v1/banks/${segment(name)}`;
  return html`
    <${Head} title=${name} hint=${bank?.description}>
      <a class="button" href=${`${address}/export?format=csv`} download=${`${name}.csv`}>Export CSV</a>
      <a class="button" href=${`${address}/export?format=ndjson`} download=${`${name}.ndjson`}>Export NDJSON</a>
      <${Action} id="add-here" keys="a" label="Add to this bank" run=${() => go(["add"], { bank: name })} />
    <//>
    <${Trouble} problem=${problem} />
    <${Tabs} tabs=${TABS} now=${tab} onPick=${setTab} />
    ${tab === "contents" ? html`<${Contents} bank=${name} query=${query} />` : null}
    ${tab === "health" && bank ? html`<${Health} bank=${bank} />` : null}
    ${tab === "settings" && bank ? html`<${Settings} bank=${bank} address=${address} />` : null}`;
}

function Settings({ bank, address }) {
  const edit = () => change({
    title: `Settings of ${bank.name}`, confirm: "Save", method: "PATCH", path: address, done: `Changed the settings of ${bank.name}`,
    fields: [
      ...BANK_FIELDS.map((field) => ({ ...field, value: bank[field.name] ?? "" })),
      { name: "enabled_ratio", label: "Switched on", options: [["1", "on"], ["0", "off"]], value: bank.enabled_ratio === 0 ? "0" : "1" },
      ...(bank.needs_approval === undefined ? [] : [
        { name: "needs_approval", label: "Changes need a second person", type: "checkbox", value: bank.needs_approval }]),
    ],
    json: (values) => differing(bank, {
      ...bankBody(values),
      ...(Number(values.enabled_ratio) === (bank.enabled_ratio === 0 ? 0 : 1) ? {} : { enabled_ratio: Number(values.enabled_ratio) }),
      ...(bank.needs_approval === undefined ? {} : { needs_approval: Boolean(values.needs_approval) }),
    }),
  });
  const remove = async () => {
    const answer = await change({
      title: `Delete ${bank.name}?`, text: "All its contents are withdrawn. The journal keeps what they were.", confirm: "Delete", danger: true,
      method: "DELETE", path: address, done: `Deleted ${bank.name}`,
    });
    if (answer?.status === "deleted") {
      go(["banks"]);
    }
  };
  return html`<section class="panel">
    <${Facts} of=${[
      ["Kind", bank.kind], ["Switched on", percent(bank.enabled_ratio)], ["Distance threshold", bank.distance_threshold ?? "default, 31"],
      ["Legal basis", bank.legal_basis], ["Handling", bank.handling], ["Description", bank.description],
      ["Local features", bank.features === false ? "off" : "on"],
      ["Second person", bank.needs_approval === undefined ? null
        : html`<${Badge} kind=${bank.needs_approval ? "good" : ""}>${bank.needs_approval ? "every change needs approval" : "not needed"}<//>`],
    ]} />
    ${may("admin") ? html`<p class="actions"><${Action} id="edit-bank" keys="e" label="Edit…" run=${edit} />
      <${Action} id="delete-bank" label="Delete…" kind="danger" run=${remove} /></p>` : html`<p class="hint">Changing a bank needs a key of role admin.</p>`}
  </section>`;
}
