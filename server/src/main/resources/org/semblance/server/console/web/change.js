/** A change of the list: a reason first, then what the server says of it, then a way back. */
import { call, inParallel } from "./api.js";
import { ask } from "./dialogs.js";
import { store } from "./store.js";
import { tell } from "./toasts.js";

/** Counts up with each change, so that screens ask the server anew. */
export const changes = store(0);

const changed = () => changes.set((n) => n + 1);

/** Those fields that differ from what is there: what a person did not touch is not sent. */
export function differing(before, after) {
  const text = (value) => JSON.stringify(value ?? null);
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => text(before[name]) !== text(value)));
}

/** What an answer to a change says, for people. */
function outcome(what, answer) {
  return answer?.proposal
    ? `${what}: proposed as no. ${answer.proposal}; a second person has to approve it.`
    : `${what}${answer?.seq ? ` (journal ${answer.seq})` : ""}.`;
}

/**
 * Asks for the reason and makes one change.
 *
 * @param {object} about
 * @param {string} about.title the question
 * @param {string} about.done what to say afterwards, as in "Withdrew content 7"
 * @param {string} about.method
 * @param {string} about.path
 * @param {object | ((values: object) => object)} [about.json] may depend on what was entered
 * @param {"required" | "optional"} [about.reason]
 * @returns {Promise<any>} the answer, or null if nothing was changed
 */
export async function change({ title, text, done, method, path, json, confirm, danger, fields, reason = "required" }) {
  const values = await ask({ title, text, confirm, danger, fields, reason });
  if (!values) {
    return null;
  }
  try {
    const body = typeof json === "function" ? json(values) : json;
    const answer = await call(method, path, { json: body, reason: values.reason });
    tell(outcome(done, answer), { undo: answer?.seq && !answer.proposal ? () => undo([answer.seq], done) : undefined });
    changed();
    return answer ?? {};
  } catch (e) {
    tell(`${done} failed: ${e.message}`, { kind: "bad" });
    return null;
  }
}

/**
 * Makes the same change to many, four at a time, for one reason.
 *
 * @param {object} about
 * @param {string} about.done as in "Disabled"
 * @param {any[]} about.items
 * @param {(item: any, values: object) => [string, string, object?]} about.request method, path and JSON for an item
 */
export async function changeMany({ title, text, done, items, confirm, danger, fields, request }) {
  const values = await ask({ title, text, confirm, danger, fields, reason: "required" });
  if (!values) {
    return false;
  }
  const seqs = [];
  const failures = [];
  let proposed = 0;
  await inParallel(items, 4, async (item) => {
    try {
      const [method, path, json] = request(item, values);
      const answer = await call(method, path, { json, reason: values.reason });
      if (answer.proposal) {
        proposed++;
      } else {
        seqs.push(answer.seq);
      }
    } catch (e) {
      failures.push(e.message);
    }
  });
  const parts = [seqs.length || !proposed ? `${done} ${seqs.length} of ${items.length}` : ""];
  if (proposed) {
    parts.push(`${proposed} proposed for a second person's approval`);
  }
  if (failures.length) {
    parts.push(`${failures.length} failed: ${failures[0]}`);
  }
  tell(parts.filter(Boolean).join("; ") + ".", {
    kind: failures.length ? "bad" : "",
    undo: seqs.length ? () => undo(seqs, done) : undefined,
  });
  changed();
  return true;
}

/** Undoes changes by their numbers in the journal, the newest first; says which of them could not be undone. */
export async function undo(seqs, what) {
  const newestFirst = [...seqs].sort((a, b) => b - a);
  let undone = 0;
  try {
    for (const seq of newestFirst) {
      await call("POST", `/v1/journal/${seq}/undo`, { reason: `undo: ${what}`.slice(0, 200) });
      undone++;
    }
    tell(`Undid: ${what}${seqs.length > 1 ? ` (${undone})` : ""}.`);
  } catch (e) {
    tell(e.isMissing ? "This server cannot undo changes yet." : `Undid ${undone} of ${seqs.length}: ${e.message}`, { kind: "bad" });
  }
  changed();
}
