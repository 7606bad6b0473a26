/** The keys of the server: who may do what, and how much each is used. */
import { call, get, segment } from "../api.js";
import { change, changes } from "../change.js";
import { ask, show } from "../dialogs.js";
import { number, time } from "../format.js";
import { html } from "../html.js";
import { RowActions, useRows } from "../rows.js";
import { may, person } from "../session.js";
import { useStore } from "../store.js";
import { Table } from "../table.js";
import { tell } from "../toasts.js";
import { Action, Empty, Head, Loading, Trouble, useAnswer, Word } from "../ui.js";
import { labelList } from "./contents.js";

const ROLES = [["match", "match: ask"], ["curate", "curate: and change contents"], ["admin", "admin: and banks and keys"], ["ops", "ops: watch alone"],
  ["node", "node: another node alone"]];

export default function Keys() {
  const now = useStore(changes);
  const { data, problem } = useAnswer(() => get("/v1/keys"), [now]);
  const keys = data?.keys || [];
  const list = useRows(keys, (key) => key.name);
  const one = list.current;

  async function create() {
    const values = await ask({
      title: "New key", confirm: "Create", reason: "required",
      fields: [
        { name: "name", label: "Name", required: true, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]{0,47}", hint: "Never used twice" },
        { name: "role", label: "Role", options: ROLES, value: "match" },
        { name: "banks", label: "Banks", value: (person.get()?.banks || []).join(", "), hint: "Names separated by commas; empty for all" },
        { name: "hide_distance", label: "Is told neither hashes nor distances", type: "checkbox", value: false },
        { name: "rate_per_second", label: "Requests a second", type: "number", min: 1, hint: "Empty for no limit" },
        { name: "concurrent", label: "Requests at a time", type: "number", min: 1, hint: "Empty for no limit" },
        { name: "expires_at", label: "Expires", type: "datetime-local" },
      ],
    });
    if (!values) {
      return;
    }
    const json = { name: values.name, role: values.role, hide_distance: Boolean(values.hide_distance) };
    const banks = labelList(values.banks);
    Object.assign(json, banks.length ? { banks } : {}, values.rate_per_second ? { rate_per_second: Number(values.rate_per_second) } : {},
      values.concurrent ? { concurrent: Number(values.concurrent) } : {}, values.expires_at ? { expires_at: new Date(values.expires_at).toISOString() } : {});
    try {
      const key = await call("POST", "/v1/keys", { json, reason: values.reason });
      await show(`Key ${key.name}`, html`<p>This is the only time that the secret is shown.</p><pre class="secret" tabindex="0">${key.secret}</pre>
        <p><${Action} label="Copy" run=${() => navigator.clipboard.writeText(key.secret).then(() => tell("Copied."), () => tell("The browser did not allow it.", { kind: "bad" }))} /></p>`);
      changes.set((n) => n + 1); // Only now: with the first key of a server, this page has to be signed in to.
    } catch (e) {
      tell(e.isMissing ? "This server makes no keys by the console yet: semblance key create." : `No key was made: ${e.message}`, { kind: "bad" });
    }
  }

  const revoke = () => change({
    title: `Revoke key ${one.name}?`, text: "It is refused within a second, and its sessions end. A key cannot be made good again.", confirm: "Revoke", danger: true,
    method: "DELETE", path: `/v1/keys/${segment(one.name)}`, done: `Revoked key ${one.name}`,
  });
  return html`
    <${Head} title="Keys">
      <${RowActions} list=${list} />
      ${may("admin") ? html`<${Action} id="new-key" keys="n" label="New key…" run=${create} />
        <${Action} id="revoke" keys="w" label="Revoke…" kind="danger" run=${revoke} off=${!one || one.state !== "active"} />` : null}
    <//>
    <${Trouble} problem=${problem} />
    ${!data && !problem ? html`<${Loading} />` : null}
    ${data && !keys.length ? html`<${Empty}>There is no key. Without keys this machine's own users may do everything.<//>` : null}
    ${keys.length ? html`<${Table} label="Keys" rows=${keys} keyOf=${(key) => key.name} list=${list} columns=${[
      ["Key", (key) => key.name], ["State", (key) => html`<${Word} of=${key.state} />`], ["Role", (key) => key.role],
      ["Banks", (key) => (key.banks ? key.banks.join(", ") : "all")],
      ["Expires", (key) => (key.expires_at ? time(key.expires_at) : "")],
      ["Requests", (key) => number(key.requests), "right"], ["Refused", (key) => number(key.refused), "right"], ["Now", (key) => number(key.in_flight), "right"],
    ]} />` : null}`;
}
