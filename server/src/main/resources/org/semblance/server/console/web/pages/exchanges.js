/** Partners' feeds: whether each is fetched, and how that went. */
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
  async function toggle() {
    const word = one.enabled ? "Stop" : "Start";
    if (!(await ask({ title: `${word} fetching ${one.name}?`, confirm: word }))) {
      return;
    }
    try {
      await call("PUT", `/c/exchange/${segment(one.name)}`, { json: { enabled: !one.enabled } });
      tell(`${one.enabled ? "Stopped" : "Started"} ${one.name}.`);
      again();
    } catch (e) {
      tell(`${one.name}: ${e.message}`, { kind: "bad" });
    }
  }
  return html`
    <${Head} title="Exchanges" hint="What partners send goes into a bank of the exchange's name.">
      <${RowActions} list=${list} />
      ${may("admin") ? html`<${Action} id="toggle" keys="e" label=${one?.enabled ? "Stop…" : "Start…"} run=${toggle} off=${!one} />` : null}
      <${Action} id="refresh" keys="r" label="Refresh" run=${again} />
    <//>
    <${Trouble} problem=${problem} />
    ${!data && !problem ? html`<${Loading} />` : null}
    ${data && !data.length ? html`<${Empty}>No exchange is set up.<//>` : null}
    ${data?.length ? html`<${Table} label="Exchanges" rows=${data} keyOf=${(it) => it.name} list=${list} columns=${[
      ["Exchange", (it) => html`<a tabindex="-1" href=${href(["banks", it.name])}>${it.name}</a>`],
      ["Type", (it) => it.api],
      ["State", (it) => html`<${Badge} kind=${!it.enabled ? "" : it.status.last_fetch_succeeded === false ? "bad" : "good"}>${
        !it.enabled ? "off" : it.status.running_fetch_start_ts ? "fetching" : it.status.last_fetch_succeeded === false ? "failed" : it.status.up_to_date ? "up to date" : "behind"}<//>`],
      ["Last fetch", (it) => seconds(it.status.last_fetch_complete_ts)],
      ["Items", (it) => number(it.status.fetched_items), "right"],
      ["Checkpoint", (it) => seconds(it.status.checkpoint_ts)],
      ["Trouble", (it) => it.status.message || ""],
    ]} />` : null}`;
}
