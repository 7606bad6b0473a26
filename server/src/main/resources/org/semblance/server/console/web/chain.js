/** Checks the journal's chain of hashes in this browser, with no trust in the server. The rule is in docs/api.md. */

const encoder = new TextEncoder();
const ZERO = "0".repeat(64);

function unhex(hex) {
  return Uint8Array.from(hex.match(/../g) || [], (two) => parseInt(two, 16));
}

/** The bytes that a row's hash is made of. */
function bytesOf(entry) {
  const texts = [entry.actor, entry.reason, entry.kind, entry.payload].map((text) => encoder.encode(text));
  const bytes = new Uint8Array(32 + 16 + texts.reduce((sum, text) => sum + 4 + text.length, 0));
  const view = new DataView(bytes.buffer);
  bytes.set(unhex(entry.prev_hash));
  view.setBigInt64(32, BigInt(entry.seq));
  view.setBigInt64(40, BigInt(entry.at_ms));
  let at = 48;
  for (const text of texts) {
    view.setInt32(at, text.length);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  }
  return bytes;
}

async function hashOf(entry) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytesOf(entry)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Checks rows that follow each other, the oldest first.
 *
 * @param {any[]} entries
 * @param {string} [before] the hash of the row before the first one, if it is known
 * @returns {Promise<string | null>} what is wrong, or null
 */
export async function check(entries, before) {
  let previous = before ?? (entries[0]?.seq === 1 ? ZERO : undefined);
  for (const entry of entries) {
    if (previous !== undefined && entry.prev_hash !== previous) {
      return `row ${entry.seq} does not follow the row before it`;
    }
    if ((await hashOf(entry)) !== entry.hash) {
      return `row ${entry.seq} was altered: its hash is another`;
    }
    previous = entry.hash;
  }
  return null;
}
