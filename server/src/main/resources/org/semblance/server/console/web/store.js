/** A value that components follow. */
import { useEffect, useLayoutEffect, useState } from "preact/hooks";

const SETTLED_MS = 250;

/**
 * @template T
 * @param {T} initial
 * @returns {{get: () => T, set: (next: T | ((now: T) => T)) => void, follow: (reader: (now: T) => void) => () => void}}
 */
export function store(initial) {
  let value = initial;
  const readers = new Set();
  return {
    get: () => value,
    set(next) {
      value = typeof next === "function" ? next(value) : next;
      readers.forEach((reader) => reader(value));
    },
    follow(reader) {
      readers.add(reader);
      return () => readers.delete(reader);
    },
  };
}

/** A text, once it has not changed for a moment: while somebody types, the server is not asked for each letter. */
export function useSettled(text) {
  const [settled, settle] = useState(text);
  useEffect(() => {
    const timer = setTimeout(settle, SETTLED_MS, text);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/** The value of a store, as of now; the component is drawn again when the value changes. */
export function useStore(of) {
  const [, draw] = useState({});
  // Before the browser draws, so that no value goes by unseen.
  useLayoutEffect(() => of.follow(() => draw({})), [of]);
  return of.get();
}
