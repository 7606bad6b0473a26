/** The frame around the screens: who is signed in, where one can go, and which screen is shown. */
import { html, render, useEffect, useState } from "./html.js";
import { get, openName, signedOut } from "./api.js";
import "./media.js";
import { Dialogs } from "./dialogs.js";
import { prefix, useAction } from "./keys.js";
import { prefs } from "./prefs.js";
import { go, href, route } from "./router.js";
import { may, person, resume, signOut } from "./session.js";
import { useStore } from "./store.js";
import { Toasts, tell } from "./toasts.js";
import { Action, Head, Loading } from "./ui.js";
import { showHelp } from "./help.js";
import { SignIn } from "./signin.js";

/** The screens: path, name in the menu, key after "g", least role, module. The first that a person may see is shown first. */
const SCREENS = [
  ["Work", [
    ["matches", "Matches", "m", "curate", () => import("./pages/matches.js")],
    ["check", "Check", "c", "match", () => import("./pages/check.js")],
    ["compare", "Compare", "d", "curate", () => import("./pages/compare.js")],
    ["add", "Add and import", "a", "curate", () => import("./pages/add.js")],
    ["approvals", "Approvals", "p", "curate", () => import("./pages/approvals.js")],
  ]],
  ["List", [
    ["banks", "Banks", "b", "curate", () => import("./pages/banks.js")],
    ["journal", "Journal", "j", "curate", () => import("./pages/journal.js")],
    ["exchanges", "Exchanges", "e", "curate", () => import("./pages/exchanges.js")],
  ]],
  ["Figures", [
    ["trends", "Trends", "t", "curate", () => import("./pages/trends.js")],
    ["ops", "Ops", "o", "ops", () => import("./pages/ops.js")],
    ["bench", "Benchmarks", "n", "ops", () => import("./pages/bench.js")],
  ]],
  ["Access", [
    ["keys", "Keys", "k", "ops", () => import("./pages/keys.js")],
    ["me", "My safety", "s", null, () => import("./pages/me.js")],
  ]],
];
const ALL = SCREENS.flatMap(([, screens]) => screens);

const isFor = (screen) => screen[3] === null || may(screen[3]);

/** A screen may have screens below it: a bank, and a content of a bank. */
function moduleOf(screen, parts) {
  if (screen[0] === "banks" && parts.length > 1) {
    return parts[2] === "content" ? () => import("./pages/item.js") : () => import("./pages/bank.js");
  }
  return screen[4];
}

function Link({ screen, on }) {
  const [path, name, key] = screen;
  const { shortcuts } = useStore(prefs);
  useAction({ id: `go-${path}`, label: `Go to ${name}`, keys: `g ${key}`, run: () => go([path]) });
  return html`<li><a href=${href([path])} class=${on ? "on" : ""} aria-current=${on ? "page" : undefined}>${name}${
    shortcuts ? html` <kbd aria-hidden="true">g ${key}</kbd>` : null}</a></li>`;
}

function Menu({ now }) {
  const who = useStore(person);
  const leave = () => signOut().catch((e) => tell(`Signing out failed: ${e.message}`, { kind: "bad" }));
  return html`<nav aria-label="Screens">
    <a class="brand" href=${href([])}>Semblance</a>
    ${SCREENS.map(([group, screens]) => {
      const own = screens.filter(isFor);
      return own.length ? html`<div class="group" key=${group}><h2>${group}</h2>
        <ul>${own.map((screen) => html`<${Link} key=${screen[0]} screen=${screen} on=${now === screen[0]} />`)}</ul></div>` : null;
    })}
    <div class="who"><span class="name">${who.open ? openName.get() : who.name}</span>
      <span class="hint">${who.open ? "no key needed" : `key ${who.key}, ${who.role}`}${who.banks ? `, ${who.banks.join(", ")}` : ""}</span>
      <${Action} id="help" keys="?" label="Help" compact run=${showHelp} />
      <${Action} id="sign-out" label="Sign out" compact run=${leave} /></div>
  </nav>`;
}

function Screen() {
  const { parts, query } = useStore(route);
  const screen = parts.length ? ALL.find(([path]) => path === parts[0]) : ALL.find(isFor);
  const open = screen && isFor(screen) ? moduleOf(screen, parts) : null;
  const [loaded, setLoaded] = useState({});
  const name = open ? `${screen[0]} ${Math.min(parts.length, 3)}` : "";
  useEffect(() => {
    let gone = false;
    open?.().then(
      (module) => !gone && setLoaded({ name, Page: module.default }),
      () => !gone && setLoaded({ name, failed: true }),
    );
    return () => { gone = true; };
  }, [name]);
  let shown = html`<${Loading} />`;
  if (!open) {
    shown = html`<${Head} title=${screen ? screen[1] : "Not here"} /><p class="note">${screen ? "Your key's role does not include this screen." : "There is no such screen."}</p>`;
  } else if (loaded.failed) {
    shown = html`<p class="note bad" role="alert">This screen could not be loaded. The server may have a new version: reload the page.</p>`;
  } else if (loaded.name === name) {
    shown = html`<${loaded.Page} key=${parts.join("/")} parts=${parts} query=${query} />`;
  }
  return html`<${Menu} now=${screen?.[0]} /><main id="main" tabindex="-1">${shown}</main>`;
}

/** Says, after as long as the person has set, that it is time to look at something else. */
function Break() {
  const { breakMinutes } = useStore(prefs);
  useEffect(() => {
    if (!breakMinutes) {
      return undefined;
    }
    const timer = setInterval(() => tell(`${breakMinutes} minutes have passed: time for a break.`), breakMinutes * 60_000);
    return () => clearInterval(timer);
  }, [breakMinutes]);
  return null;
}

/** Shows the door as soon as the session is over, though the person does nothing; asking does not keep the session alive. */
function Watch() {
  useEffect(() => {
    const timer = setInterval(() => get("/v1/session", { poll: true }).catch((e) => e.status === 401 && signedOut.set(true)), 60_000);
    return () => clearInterval(timer);
  }, []);
  return null;
}

function App() {
  const who = useStore(person);
  const waits = useStore(prefix);
  const [server, setServer] = useState(null);
  const isIn = Boolean(who);
  useEffect(() => {
    if (!isIn) {
      resume().then(setServer); // At the door: does the server ask for keys, now?
    }
  }, [isIn]);
  if (who === undefined) {
    return html`<${Loading} />`;
  }
  return html`
    ${who ? html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById("main").focus(); }}>Skip to the screen</a>
      <div class="frame-of-all"><${Screen} /></div><${Break} /><${Watch} />`
      : html`<main class="door"><${SignIn} server=${server} /></main>`}
    <${Toasts} /><${Dialogs} />
    ${waits ? html`<div class="prefix" aria-hidden="true">${waits} …</div>` : null}`;
}

render(html`<${App} />`, document.getElementById("app"));
