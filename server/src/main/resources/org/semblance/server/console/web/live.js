/** The feed of matches: the newest ones first, then those that come. */
import { get, path, signedOut } from "./api.js";
import { useEffect, useRef, useState } from "./html.js";
import { useSettled } from "./store.js";

const PAGE = 100;
const MOST = 1000;
const AGAIN_MS = 5000;

/**
 * Rows of the match log, and new ones as soon as they are stored.
 *
 * @param {object} filters parameters of GET /v1/matches
 * @returns {{rows: any[], loading: boolean, state: "live" | "away", problem: any, older: (() => void) | undefined, fresh: Set<number>,
 *     replace: (rows: (now: any[]) => any[]) => void}}
 */
export function useMatches(filters) {
  const asked = useSettled(JSON.stringify(filters));
  const [feed, setFeed] = useState({ rows: [], loading: true, state: "away" });
  const fresh = useRef(new Set());

  useEffect(() => {
    let source;
    let last = 0;
    let gone = false;
    const wanted = JSON.parse(asked);
    fresh.current = new Set();
    setFeed({ rows: [], loading: true, state: "away" });

    function listen(after) {
      last = after;
      source = new EventSource(path("/v1/matches/stream", { ...wanted, after }));
      source.addEventListener("open", () => setFeed((now) => ({ ...now, state: "live" })));
      source.addEventListener("error", () => {
        setFeed((now) => ({ ...now, state: "away" }));
        if (source.readyState === EventSource.CLOSED && !gone) {
          // Refused: nobody is signed in any more, or there are too many streams.
          get("/v1/session", { poll: true }).then(
            () => setTimeout(() => !gone && listen(last), AGAIN_MS),
            (e) => e.status === 401 && signedOut.set(true));
        }
      });
      source.addEventListener("match", (event) => {
        const row = JSON.parse(event.data);
        last = row.id;
        fresh.current.add(row.id);
        setFeed((now) => (now.rows.some((other) => other.id === row.id) ? now : { ...now, rows: [row, ...now.rows].slice(0, MOST) }));
      });
    }

    get(path("/v1/matches", { ...wanted, limit: PAGE })).then(
      ({ matches, next_before }) => {
        if (!gone) {
          setFeed((now) => ({ ...now, rows: matches, next: next_before, loading: false }));
          listen(matches[0]?.id ?? 0);
        }
      },
      (problem) => !gone && setFeed({ rows: [], loading: false, state: "away", problem }),
    );
    return () => {
      gone = true;
      source?.close();
    };
  }, [asked]);

  async function older() {
    try {
      const { matches, next_before } = await get(path("/v1/matches", { ...filters, limit: PAGE, before: feed.next }));
      setFeed((now) => ({ ...now, rows: [...now.rows, ...matches], next: next_before }));
    } catch (problem) {
      setFeed((now) => ({ ...now, problem }));
    }
  }

  return {
    ...feed, fresh: fresh.current, older: feed.next ? older : undefined,
    replace: (change) => setFeed((now) => ({ ...now, rows: change(now.rows) })),
  };
}
