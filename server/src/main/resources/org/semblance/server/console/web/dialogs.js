/** Questions to the person, in the browser's own dialog, which keeps the focus inside and goes away with Escape. */
import { html, useEffect, useRef, useState } from "./html.js";
import { store, useStore } from "./store.js";
import { Field } from "./ui.js";

const question = store(null);

/** Reasons that were given since the page was opened, the newest first. */
const reasons = [];

/**
 * Asks.
 *
 * @param {object} about
 * @param {string} about.title
 * @param {any} [about.text]
 * @param {string} [about.confirm] what the button says that agrees
 * @param {boolean} [about.danger]
 * @param {"required" | "optional"} [about.reason] whether the journal's reason is asked for
 * @param {{name: string, label: string, type?: string, value?: any, options?: string[][], hint?: string, required?: boolean}[]} [about.fields]
 * @returns {Promise<Record<string, any> | null>} what was entered, or null if the person did not agree
 */
export function ask(about) {
  return new Promise((answer) => question.set({ about, answer }));
}

/** Shows something until the person closes it. */
export const show = (title, text) => ask({ title, text, confirm: "" });

export function Dialogs() {
  const open = useStore(question);
  return open ? html`<${Dialog} key=${open.about} ...${open} />` : null;
}

function Dialog({ about, answer }) {
  const dialog = useRef(null);
  const before = useRef(document.activeElement);
  const fields = [
    ...(about.fields || []),
    ...(about.reason ? [{
      name: "reason", label: about.reason === "required" ? "Reason" : "Reason (optional)", required: about.reason === "required",
      value: "", maxlength: 200, list: "reasons", hint: "For the journal. No names of victims, no links to content.",
    }] : []),
  ];
  const [values, setValues] = useState(() => Object.fromEntries(fields.map((f) => [f.name, f.value ?? ""])));

  useEffect(() => {
    dialog.current.showModal();
    return () => before.current?.isConnected && before.current.focus();
  }, []);

  function close(result) {
    question.set(null);
    if (result?.reason && !reasons.includes(result.reason)) {
      reasons.unshift(result.reason);
    }
    answer(result);
  }

  function submit(event) {
    event.preventDefault();
    close(values);
  }

  return html`<dialog ref=${dialog} aria-labelledby="dialog-title" onCancel=${(e) => { e.preventDefault(); close(null); }}>
    <form onSubmit=${submit}>
      <h2 id="dialog-title">${about.title}</h2>
      ${about.text ? html`<div class="text">${about.text}</div>` : null}
      ${fields.map(({ name, value, ...field }, i) => html`<${Field} key=${name} ...${field} name=${name} value=${values[name]}
        autofocus=${i === 0} onInput=${(next) => setValues((now) => ({ ...now, [name]: next }))} />`)}
      <datalist id="reasons">${reasons.slice(0, 8).map((text) => html`<option value=${text} key=${text}></option>`)}</datalist>
      <div class="actions">
        <button type="button" class="button" onClick=${() => close(null)}>${about.confirm === "" ? "Close" : "Cancel"}</button>
        ${about.confirm === "" ? null : html`<button type="submit" class=${`button ${about.danger ? "danger" : "primary"}`}>${
          about.confirm || "OK"}</button>`}
      </div>
    </form>
  </dialog>`;
}
