/** Calls of /v1. The session is a cookie that no script can read; each call says that it is the console's. */
import { store } from "./store.js";

/** Set to true when the server no longer knows the session. */
export const signedOut = store(false);

/** The name of the person where the server asks for no key; elsewhere the server knows it from the session. */
export const openName = store(sessionStorage.getItem("name") || "");

openName.follow((name) => sessionStorage.setItem("name", name));

/** An answer that is an error: what the server says of it (RFC 9457). */
export class Problem extends Error {
  constructor(status, body) {
    super(typeof body.detail === "string" ? body.detail : body.message || `the server answered ${status}`);
    this.status = status;
    this.field = body.field;
    this.body = body;
  }

  /** Whether this server has no such route or parameter: an older one, or a part that is switched off. */
  get isMissing() {
    return (this.status === 404 && /no route/.test(this.message)) || this.status === 405
      || (this.status === 400 && this.field === "query");
  }
}

/** Text for a header field that holds a person's words (RFC 8187). */
function encoded(text) {
  return "UTF-8''" + encodeURIComponent(text).replace(/['()*!]/g, (c) => "%" + c.charCodeAt(0).toString(16));
}

/** A path with its query; what is null, undefined or empty is left out. */
export function path(base, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") {
      search.set(name, String(value));
    }
  }
  const text = search.toString();
  return text ? `${base}?${text}` : base;
}

/** A segment of a path. */
export const segment = encodeURIComponent;

/**
 * @typedef {object} Asked
 * @property {object} [json] the body, as JSON
 * @property {Blob | FormData | string} [body] the body, as it is
 * @property {string} [type] the media type of such a body
 * @property {string} [reason] for the journal
 * @property {Record<string, string>} [headers] more header fields
 * @property {boolean} [poll] whether the page asks by itself, which does not keep a session alive
 * @property {AbortSignal} [signal]
 */

/**
 * Sends a request.
 *
 * @param {string} method
 * @param {string} target path and query
 * @param {Asked} [asked]
 * @returns {Promise<Response>}
 */
export async function send(method, target, asked = {}) {
  const headers = { "X-Semblance-Console": asked.poll ? "poll" : "1", ...asked.headers };
  let body = asked.body;
  if (asked.json !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(asked.json);
  } else if (asked.type) {
    headers["Content-Type"] = asked.type;
  }
  if (asked.reason) {
    headers["X-Reason*"] = encoded(asked.reason);
  }
  if (openName.get()) {
    headers["X-Actor*"] = encoded(openName.get());
  }
  let answer;
  try {
    answer = await fetch(target, { method, headers, body, signal: asked.signal, cache: "no-store" });
  } catch (e) {
    if (e.name === "AbortError") {
      throw e;
    }
    throw new Problem(0, { detail: "The server cannot be reached." });
  }
  if (!answer.ok) {
    const text = await answer.text();
    if (answer.status === 401 && !target.startsWith("/v1/session")) {
      signedOut.set(true);
    }
    let problem = {};
    try {
      problem = JSON.parse(text);
    } catch {
      problem = { detail: text.slice(0, 200) || undefined };
    }
    problem.retryAfter = Number(answer.headers.get("Retry-After")) || 0;
    throw new Problem(answer.status, problem);
  }
  return answer;
}

/** Sends a request and gives its JSON; null for an answer without a body. */
export async function call(method, target, asked) {
  const answer = await send(method, target, asked);
  return answer.status === 204 ? null : answer.json();
}

export const get = (target, asked) => call("GET", target, asked);

/** As {@link call}, again after a pause while the server is busy. */
export async function patient(method, target, asked, tries = 5) {
  for (let i = 1; ; i++) {
    try {
      return await call(method, target, asked);
    } catch (e) {
      if (i >= tries || (e.status !== 503 && e.status !== 429)) {
        throw e;
      }
      await new Promise((done) => setTimeout(done, Math.max(1, e.body.retryAfter) * 1000));
    }
  }
}

/** Does the work for each item, so many at a time, in order. */
export async function inParallel(items, most, work) {
  let next = 0;
  async function lane() {
    while (next < items.length) {
      const index = next++;
      await work(items[index], index);
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
}
