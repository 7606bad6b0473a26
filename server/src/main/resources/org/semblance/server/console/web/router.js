/**
 * Which screen is shown: the fragment of the address, as in #/banks/X?status=disabled. Browsers do not send a fragment, so no log
 * on the way has the name of a bank or a filter.
 */
import { store } from "./store.js";

function read() {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return {
    parts: path.split("/").filter(Boolean).map(decodeURIComponent),
    query: Object.fromEntries(new URLSearchParams(search || "")),
  };
}

/** The parts of the path and the query. */
export const route = store(read());

addEventListener("hashchange", () => route.set(read()));

/** The address of a screen. */
export function href(parts, query = {}) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value != null));
  return "#/" + parts.map(encodeURIComponent).join("/") + (search.size ? "?" + search : "");
}

export function go(parts, query) {
  location.hash = href(parts, query);
}

/** Keeps a filter in the address, without a step back for each letter. */
export function keep(query) {
  history.replaceState(null, "", href(route.get().parts, query));
  route.set(read());
}
