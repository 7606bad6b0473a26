/** Files that a person drops or picks, and what becomes of each. */
import { html, useRef, useState } from "./html.js";
import { Action } from "./ui.js";

let next = 1;

/** Files in dropped folders as well. */
async function dropped(transfer) {
  const files = [];
  async function walk(entry) {
    if (entry.isFile) {
      files.push(await new Promise((done, failed) => entry.file(done, failed)));
    } else if (entry.isDirectory) {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((done, failed) => reader.readEntries(done, failed));
        if (!some.length) {
          break;
        }
        for (const child of some) {
          await walk(child);
        }
      }
    }
  }
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  for (const entry of entries) {
    await walk(entry);
  }
  return files.length ? files : [...transfer.files];
}

/** A place to drop files on, with buttons that do the same. */
export function Drop({ onFiles, folders, many = true, label = "Drop files here" }) {
  const [over, setOver] = useState(false);
  const files = useRef(null);
  const folder = useRef(null);
  const take = (list) => list.length && onFiles([...list]);
  const picked = (e) => { take(e.target.files); e.target.value = ""; };
  return html`<div class=${`drop ${over ? "over" : ""}`} onDragover=${(e) => { e.preventDefault(); setOver(true); }}
      onDragleave=${() => setOver(false)} onDrop=${async (e) => { e.preventDefault(); setOver(false); take(await dropped(e.dataTransfer)); }}>
    ${label}. They are read in this browser; the server keeps hashes alone.
    <div class="actions">
      <${Action} id="pick-files" keys="p" label=${many ? "Choose files" : "Choose a file"} run=${() => files.current.click()} />
      ${folders ? html`<${Action} id="pick-folder" keys="P" label="Choose a folder" run=${() => folder.current.click()} />` : null}</div>
    <input ref=${files} type="file" hidden multiple=${many} data-pick="files" aria-label="Files" onChange=${picked} />
    ${folders ? html`<input ref=${folder} type="file" hidden webkitdirectory data-pick="folder" aria-label="Folder" onChange=${picked} />` : null}
  </div>`;
}

/** A list of files, each with what is known of it. */
export function useFiles() {
  const [files, setFiles] = useState([]);
  return {
    files,
    add(more) {
      const entries = more.map((file) => ({ id: next++, file, state: "waits" }));
      setFiles((now) => [...now, ...entries]);
      return entries;
    },
    update: (id, change) => setFiles((now) => now.map((entry) => (entry.id === id ? { ...entry, ...change } : entry))),
    clear: () => setFiles([]),
  };
}
