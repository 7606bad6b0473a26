/** Banks files or a list. */
import { get } from "../api.js";
import { html, useState } from "../html.js";
import { Head, Tabs, Trouble, useAnswer } from "../ui.js";
import { AddFiles } from "./addfiles.js";
import { ImportList } from "./importlist.js";

export default function Add({ query }) {
  const [tab, setTab] = useState(query.tab === "list" ? "list" : "files");
  const { data, problem } = useAnswer(() => get("/v1/banks"), []);
  return html`
    <${Head} title="Add and import" hint="Files are hashed and forgotten. A list brings hashes alone." />
    <${Trouble} problem=${problem} />
    <${Tabs} tabs=${[["files", "Files and folders"], ["list", "A hash list"]]} now=${tab} onPick=${setTab} />
    ${data && !data.banks.length ? html`<p class="note">There is no bank yet. An admin makes one on the screen Banks.</p>` : null}
    ${data?.banks.length ? html`<${tab === "files" ? AddFiles : ImportList} banks=${data.banks} bank=${query.bank || data.banks[0].name} />` : null}`;
}
