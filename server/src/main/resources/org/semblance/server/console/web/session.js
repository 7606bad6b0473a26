/** Who is signed in, and what this person may do. The server decides; the console leaves out what it would refuse. */
import { call, get, openName, signedOut } from "./api.js";
import { store } from "./store.js";

/**
 * @typedef {object} Person
 * @property {boolean} [open] the server asks for no key
 * @property {string} [key]
 * @property {"match" | "curate" | "admin" | "ops" | "node"} role
 * @property {string[]} [banks] of a key of some banks
 * @property {boolean} hide_distance
 * @property {string} [name]
 */

/** undefined until it is known, null while nobody is signed in. */
export const person = store(/** @type {Person | null | undefined} */ (undefined));

signedOut.follow((is) => is && person.set(null));

/** Asks the server who is signed in. */
export async function resume() {
  try {
    const who = await get("/v1/session");
    person.set(who.open && !openName.get() ? null : who);
    return who;
  } catch (e) {
    person.set(null);
    return e.status === 401 ? null : { failed: e.message };
  }
}

export async function signIn(key, name) {
  const who = await call("POST", "/v1/session", { json: { key, name } });
  signedOut.set(false);
  person.set(who);
}

/** Goes on without a key, where the server asks for none. */
export function enter(who, name) {
  openName.set(name);
  person.set(who);
}

export async function signOut() {
  if (!person.get()?.open) {
    await call("DELETE", "/v1/session");
  }
  openName.set("");
  person.set(null);
}

/** Whether the role suffices. */
export function may(role) {
  const own = person.get()?.role;
  return own === "admin" || own === role || (own === "curate" && role === "match");
}

/** Whether hashes and distances are told. */
export const seesDistance = () => !person.get()?.hide_distance;

/** Whether an actor of the journal is this person: somebody with the same key, or of the same name where there are no keys. */
export function isOwn(actor) {
  const who = person.get();
  return actor.split("/")[0] === (who?.open ? openName.get().split("/")[0] : who?.key);
}
