/**
 * Keyboard shortcuts. A shortcut is on while the control with its action is on the screen, and off while somebody types or a
 * dialog is open. All can be switched off and each can be given another key (WCAG 2.1.4).
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { prefs } from "./prefs.js";
import { store } from "./store.js";

/** How long "g" waits for the second key. */
const PREFIX_MS = 1000;

/** All actions that were ever on the screen, by id, with label and standard key, for the help and for remapping. */
export const known = new Map();

/** The actions on the screen; of several with one id, the last one counts. */
const present = [];

/** Whether the first key of two was pressed. */
export const prefix = store(false);

let prefixTimer = 0;
let held = null;

/** The key of an action: what the person has set, or the standard one. */
export function keyOf(id, standard) {
  return prefs.get().keys[id] ?? standard;
}

/**
 * Has a key do an action while the component is on the screen: from the moment on in which the person sees it.
 *
 * @param {{id: string, label: string, keys: string, run: () => void, release?: () => void, off?: boolean}} action keys: one key as
 *     the browser names it, or two with a space between
 */
export function useAction(action) {
  const now = useRef(action);
  now.current = action;
  useLayoutEffect(() => {
    if (!action.keys) {
      return undefined;
    }
    known.set(action.id, { label: action.label, keys: action.keys });
    const entry = { now };
    present.push(entry);
    return () => present.splice(present.indexOf(entry), 1);
  }, [action.id]);
}

/** As aria-keyshortcuts wants it; nothing for a key after another one, which that attribute cannot say. */
export function ariaKeys(keys) {
  if (!keys || !prefs.get().shortcuts || keys.includes(" ") && keys.trim()) {
    return undefined;
  }
  return keys === " " ? "Space" : keys;
}

/** As people read it. */
export function shownKeys(keys) {
  return keys === " " ? "Space" : keys;
}

function isTyping(target) {
  return target.isContentEditable || target.matches?.("input:not([type=checkbox]):not([type=radio]):not([type=range]),textarea,select");
}

/** Keys that a focused control takes for itself. */
function isOfControl(target, key) {
  return (key === "Enter" || key === " ") && target.matches?.("button,a,summary,input,label,select,[role=tab]");
}

function find(keys) {
  for (let i = present.length - 1; i >= 0; i--) {
    const action = present[i].now.current;
    if (!action.off && keyOf(action.id, action.keys) === keys) {
      return action;
    }
  }
  return null;
}

function isFirstOfTwo(key) {
  return present.some(({ now }) => keyOf(now.current.id, now.current.keys)?.startsWith(key + " ") && key !== " ");
}

function endPrefix() {
  clearTimeout(prefixTimer);
  prefix.set(false);
}

addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (!prefs.get().shortcuts || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) {
    return;
  }
  if (isTyping(target) || isOfControl(target, key) || document.querySelector("dialog[open]")) {
    return;
  }
  const first = prefix.get();
  const action = first ? find(`${first} ${key}`) : find(key);
  if (first) {
    endPrefix();
  } else if (!action && isFirstOfTwo(key)) {
    prefix.set(key);
    prefixTimer = setTimeout(endPrefix, PREFIX_MS);
    event.preventDefault();
    return;
  }
  if (action) {
    event.preventDefault();
    if (action.release) {
      if (!event.repeat) {
        held = { key, action };
        action.run();
      }
    } else if (!event.repeat || key === "j" || key === "k") {
      action.run();
    }
  }
});

function release() {
  held?.action.release();
  held = null;
}

addEventListener("keyup", (event) => held?.key === event.key && release());
addEventListener("blur", release);
document.addEventListener("visibilitychange", release);
