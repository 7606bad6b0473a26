/** The first screen: a key, pasted once, and the person's own name. */
import { html, useLayoutEffect, useRef, useState } from "./html.js";
import { enter, signIn } from "./session.js";
import { Field } from "./ui.js";

/** @param {{server: any}} props server: what it said of itself, which has "open" if it asks for no key */
export function SignIn({ server }) {
  const [key, setKey] = useState("");
  const [name, setName] = useState("");
  const [problem, setProblem] = useState(server?.failed || "");
  const [busy, setBusy] = useState(false);
  const form = useRef(null);
  const isOpen = Boolean(server?.open);
  useLayoutEffect(() => {
    document.title = "Sign in – Semblance";
    form.current.querySelector("input").focus();
  }, [isOpen]);

  async function submit(event) {
    event.preventDefault();
    if (isOpen) {
      enter(server, name.trim());
      return;
    }
    setBusy(true);
    setProblem("");
    try {
      await signIn(key.trim(), name.trim());
    } catch (e) {
      setProblem(e.message);
      setBusy(false);
    }
    setKey("");
  }

  return html`<form class="card" onSubmit=${submit} ref=${form}>
    <h1>Semblance</h1>
    <p class="hint">${isOpen ? "This server asks for no key. Your name goes into the journal with each change."
      : "Sign in with your key. The key is sent once, and is not kept in this browser."}</p>
    ${isOpen ? null : html`<${Field} label="Key" type="password" name="key" value=${key} onInput=${setKey} required autocomplete="off"
      spellcheck=${false} />`}
    <${Field} label="Your name" name="name" value=${name} onInput=${setName} required maxlength="100" autocomplete="name"
      hint="As it should stand in the journal." />
    ${problem ? html`<p class="note bad" role="alert">${problem}</p>` : null}
    <button type="submit" class="button primary" disabled=${busy || !name.trim()}>${isOpen ? "Go on" : "Sign in"}</button>
  </form>`;
}
