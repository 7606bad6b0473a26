#!/usr/bin/env python3
"""Times FAISS on the hashes and queries that a Semblance benchmark wrote, one thread, exact settings only.

    faiss_lookups.py HASHES QUERIES [--distance 31] [--seconds 20] [--index flat|multihash]...

HASHES and QUERIES are files of 32-byte hashes, as bench/run index-files writes them. Prints one JSON object an index: lookups a second, hits found,
how the index was set and which build of FAISS ran. Needs python3-faiss; Debian's is a generic build that uses no
popcnt instruction, so a build for the CPU is faster.
"""
import argparse
import json
import time

import faiss
import numpy as np


def build(kind, hashes):
    if kind == "flat":
        index = faiss.IndexBinaryFlat(256)
    else:
        # Its best exact setting for distance 31: eleven slots, so one of them differs by at most two bits.
        index = faiss.IndexBinaryMultiHash(256, 11, 23)
        index.nflip = 2
    start = time.perf_counter()
    for i in range(0, len(hashes), 1_000_000):
        index.add(hashes[i : i + 1_000_000])
    return index, time.perf_counter() - start


def measure(index, queries, distance, seconds, batch=64):
    done = hits = 0
    start = time.perf_counter()
    while done < len(queries) and time.perf_counter() - start < seconds:
        # FAISS reports distances strictly below the radius.
        limits, _, _ = index.range_search(queries[done : done + batch], distance + 1)
        hits += int(limits[-1])
        done = min(done + batch, len(queries))
    return done, hits, time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hashes")
    parser.add_argument("queries")
    parser.add_argument("--distance", type=int, default=31)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--index", action="append", choices=["flat", "multihash"])
    args = parser.parse_args()
    faiss.omp_set_num_threads(1)
    hashes = np.fromfile(args.hashes, dtype=np.uint8).reshape(-1, 32)
    queries = np.fromfile(args.queries, dtype=np.uint8).reshape(-1, 32)
    for kind in args.index or ["flat", "multihash"]:
        index, build_seconds = build(kind, hashes)
        done, hits, spent = measure(index, queries, args.distance, args.seconds)
        print(
            json.dumps(
                {
                    "index": kind,
                    "setting": "11 x 23 bits, 2 flips" if kind == "multihash" else "scan",
                    "faiss": faiss.__version__,
                    "compile_options": faiss.get_compile_options().strip(),
                    "hashes": len(hashes),
                    "distance": args.distance,
                    "queries": done,
                    "hits": hits,
                    "build_s": round(build_seconds, 1),
                    "lookups_per_s": round(done / spent, 1),
                }
            ),
            flush=True,
        )
        del index


if __name__ == "__main__":
    main()
