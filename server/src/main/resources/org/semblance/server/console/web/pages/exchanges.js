/** Partners' feeds: whether each is fetched, and how that went; new ones, and what they are signed in with. */
import { call, get, segment } from "../api.js";
import { ask } from "../dialogs.js";
import { number, time } from "../format.js";
import { html } from "../html.js";
import { href } from "../router.js";
import { RowActions, useRows } from "../rows.js";
import { may } from "../session.js";
import { tell } from "../toasts.js";
import { Table } from "../table.js";
import { Action, Badge, Empty, Head, Loading, Trouble, useAnswer } from "../ui.js";

const seconds = (unix) => (unix ? time(unix * 1000) : "never");

/** The state of an exchange in a word, and the colour that repeats it. */
function state({ enabled, status }) {
  if (!enabled) {
    return ["off", ""];
  }
  if (status.last_fetch_succeeded === false) {
    return ["failed", "bad"];
  }
  if (status.running_fetch_start_ts) {
    return ["fetching", ""];
  }
  return status.up_to_date ? ["up to date", "good"] : ["behind", "warn"];
}

const title = (name) => name.replaceAll("_", " ");

/** A field of a schema of the server, as a field of a dialog. */
const field = ({ name, type, required, default: otherwise, help, choices }, more) => ({
  name, label: title(name), required, value: otherwise ?? (required && choices ? choices[0] : ""),
  hint: type === "set_of_number" ? `${help}; numbers separated by commas` : help,
  ...(choices ? { options: [...(required ? [] : [["", "not given"]]), ...choices.map((choice) => [choice, choice])] } : {}),
  ...more,
});

/** What was entered, as the server takes it; what is empty was not given. */
const given = (fields, values) => Object.fromEntries(fields
  .filter(({ name }) => values[name] !== "" && values[name] != null)
  .map(({ name, type }) => [name, type === "set_of_number" ? String(values[name]).split(",").map((it) => it.trim()) : values[name]]));

/** Asks for what the partner knows this server by; false if the person would rather not say now. */
async function signIn(api, fields) {
  const values = await ask({
    title: `Credentials for ${title(api)}`, text: "For all exchanges of this type. The server never shows them again.", confirm: "Save",
    fields: fields.map((it) => field(it, { type: /user/.test(it.name) ? "text" : "password", autocomplete: "off" })),
  });
  if (values) {
    await call("POST", `/c/exchanges/api/${segment(api)}`, { json: { credential_json: given(fields, values) } });
  }
  return Boolean(values);
}

/** Asks for everything that a new exchange needs; its name, or null if the person did not go through with it. */
async function create() {
  const apis = await get("/c/exchanges/apis");
  const what = await ask({
    title: "New exchange", confirm: "Next",
    fields: [
      { name: "bank", label: "Bank", required: true, pattern: "[A-Z0-9_]+", hint: "Capitals, digits and underscores. The bank that takes what the partner sends" },
      { name: "api", label: "Type", options: apis.map((api) => [api, title(api)]), value: apis[0] },
    ],
  });
  if (!what) {
    return null;
  }
  const { config_schema: config, credentials_schema: credentials } = await get(`/c/exchanges/api/${segment(what.api)}/schema`);
  const values = config.fields.length
    ? await ask({ title: `${what.bank}: ${title(what.api)}`, confirm: "Next", fields: config.fields.map((it) => field(it)) }) : {};
  if (!values) {
    return null;
  }
  if (credentials && !(await get(`/c/exchanges/api/${segment(what.api)}`)).has_set_authentification) {
    await signIn(what.api, credentials.fields);
  }
  await call("POST", "/c/exchanges", { json: { bank: what.bank, api: what.api, api_json: given(config.fields, values) } });
  return what.bank;
}

async function load() {
  const names = await get("/c/exchanges");
  return Promise.all(names.map(async (name) => ({
    name, ...(await get(`/c/exchange/${segment(name)}`)), status: await get(`/c/exchange/${segment(name)}/status`),
  })));
}

export default function Exchanges() {
  const { data, problem, again } = useAnswer(load, []);
  const list = useRows(data || [], (one) => one.name);
  const one = list.current;
  /** Does something, and says what came of it. */
  async function attempt(name, work) {
    try {
      const done = await work();
      if (done) {
        tell(done);
        again();
      }
    } catch (e) {
      tell(`${name}: ${e.message}`, { kind: "bad" });
    }
  }
  const add = () => attempt("No exchange was set up", async () => {
    const name = await create();
    return name && `Set up ${name}.`;
  });
  const credentials = () => attempt(one.name, async () => {
    const { credentials_schema: schema } = await get(`/c/exchanges/api/${segment(one.api)}/schema`);
    if (!schema) {
      return `${title(one.api)} takes no credentials.`;
    }
    return (await signIn(one.api, schema.fields)) && `Saved the credentials for ${title(one.api)}.`;
  });
  const toggle = () => attempt(one.name, async () => {
    const word = one.enabled ? "Stop" : "Start";
    if (!(await ask({ title: `${word} fetching ${one.name}?`, confirm: word }))) {
      return null;
    }
    await call("PUT", `/c/exchange/${segment(one.name)}`, { json: { enabled: !one.enabled } });
    return `${one.enabled ? "Stopped" : "Started"} ${one.name}.`;
  });
  const remove = () => attempt(one.name, async () => {
    const agreed = await ask({
      title: `Delete exchange ${one.name}?`, text: "Its bank is deleted as well, with all that was fetched. To keep the bank, stop the exchange instead.", confirm: "Delete", danger: true, reason: "required",
    });
    if (!agreed) {
      return null;
    }
    await call("DELETE", `/c/exchange/${segment(one.name)}`, { reason: agreed.reason });
    return `Deleted exchange ${one.name}.`;
  });
  return html`
    <${Head} title="Exchanges" hint="What partners send goes into a bank of the exchange's name.">
      <${RowActions} list=${list} />
      ${may("admin") ? html`<${Action} id="new-exchange" keys="n" label="New exchange…" run=${add} />
        <${Action} id="toggle" keys="e" label=${one?.enabled ? "Stop…" : "Start…"} run=${toggle} off=${!one} />
        <${Action} id="credentials" keys="c" label="Credentials…" run=${credentials} off=${!one} />
        <${Action} id="delete-exchange" keys="w" label="Delete…" kind="danger" run=${remove} off=${!one} />` : null}
      <${Action} id="refresh" keys="r" label="Refresh" run=${again} />
    <//>
    <${Trouble} problem=${problem} />
    ${!data && !problem ? html`<${Loading} />` : null}
    ${data && !data.length ? html`<${Empty}>No exchange is set up. A partner's list is fetched by an exchange into a bank of its name.<//>` : null}
    ${data?.length ? html`<${Table} label="Exchanges" rows=${data} keyOf=${(it) => it.name} list=${list} columns=${[
      ["Exchange", (it) => html`<a tabindex="-1" href=${href(["banks", it.name])}>${it.name}</a>`],
      ["Type", (it) => it.api],
      ["State", (it) => html`<${Badge} kind=${state(it)[1]}>${state(it)[0]}<//>`],
      ["Last fetch", (it) => seconds(it.status.last_fetch_complete_ts)],
      ["Items", (it) => number(it.status.fetched_items), "right"],
      ["Checkpoint", (it) => seconds(it.status.checkpoint_ts)],
      ["Trouble", (it) => it.status.message || ""],
    ]} />` : null}`;
}
