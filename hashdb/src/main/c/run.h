/* The run, for the processors of TARGET; run.c includes it once for each. */

/* Notes where the slot numbers of lanes lie that survive, which are some of those from the first one on. */
TARGET static inline int64_t NAME(note)(
    survivor *survivors, int64_t count, uint64_t near, int64_t base, int64_t first, int64_t lanes, int64_t probe) {
    do {
        int64_t lane = first + __builtin_ctzll(near);
        near &= near - 1;
        if (likely((uint64_t) lane < (uint64_t) lanes)) {
            int64_t slot_at = base - 4 - 4 * lane;
            ahead(slot_at);
            survivors[count].slot_at = slot_at;
            survivors[count].probe = probe;
            count++;
        }
    } while (near != 0);
    return count;
}

/* Reads the words; tests the sketches that lie beside them, and lists the other buckets. */
TARGET static inline int64_t NAME(test_cells)(
    const int64_t *tables, const int64_t *cells, const int64_t *probes, int64_t total, int64_t *state,
    survivor *survivors) {
    int64_t count = 0;
    int64_t buckets = state[BUCKETS];
    int64_t i = state[NEXT_PROBE];
    int64_t first_ahead = total - i < CELLS_AHEAD ? total : i + CELLS_AHEAD;
    for (int64_t k = i; k < first_ahead; k++) {
        far_ahead(cells[k]);
    }
    for (; i < total && count <= SURVIVORS - CELL_LANES; i++) {
        if (i + CELLS_AHEAD < total) {
            far_ahead(cells[i + CELLS_AHEAD]);
        }
        int64_t cell = cells[i];
        int64_t probe = probes[i];
        uint64_t word = __atomic_load_n((const uint64_t *) cell, __ATOMIC_ACQUIRE);
        int64_t lanes = word & (COPIED - 1);
        if (likely(word & COPIED)) {
            uint64_t near = NAME(near_2)(cell & -LINE, NAME(each_2)(probe), NAME(each_2)(LIMIT(probe)));
            near = near >> ((cell & (LINE - 1)) + WORD_BYTES) / 2 & ((1ull << lanes) - 1);
            if (unlikely(near != 0)) {
                count = NAME(note)(survivors, count, near, base_of(tables, probe, word), 0, lanes, probe);
            }
        } else {
            state[BUCKET + BUCKET_LONGS * buckets + BASE] = base_of(tables, probe, word);
            state[BUCKET + BUCKET_LONGS * buckets + PROBE_AND_LANES] = i << 32 | lanes;
            buckets += lanes != 0;
        }
    }
    state[NEXT_PROBE] = i;
    state[BUCKETS] = buckets;
    return count;
}

/* Tests the sketches of the buckets that were listed, from where it stopped before. */
TARGET static inline __attribute__((always_inline)) int64_t NAME(test_buckets)(
    int lane_shift, const int64_t *probes, int64_t *state, survivor *survivors, int64_t count) {
    int64_t total = state[BUCKETS];
    int64_t next_ahead = state[NEXT_BUCKET];
    int64_t lines_ahead = 0;
    int64_t left = LINES_A_CALL;
    for (int64_t i = next_ahead; i < total; i++) {
        const int64_t *bucket = state + BUCKET + BUCKET_LONGS * i;
        while (next_ahead < total && lines_ahead < LINES_AHEAD) {
            const int64_t *next = state + BUCKET + BUCKET_LONGS * next_ahead++;
            int64_t line = next[BASE] & -LINE;
            int64_t lines = lines_up_to(line, next[BASE] + ((next[PROBE_AND_LANES] & UINT32_MAX) << lane_shift));
            lines_ahead += lines;
            for (int64_t k = 0; k < (lines < LINES_OF_A_BUCKET ? lines : LINES_OF_A_BUCKET); k++) {
                far_ahead(line + k * LINE);
            }
        }
        int64_t base = bucket[BASE];
        int64_t lanes = bucket[PROBE_AND_LANES] & UINT32_MAX;
        int64_t probe = probes[bucket[PROBE_AND_LANES] >> 32];
        NAME(lanes) sketch = lane_shift == 1 ? NAME(each_2)(probe) : NAME(each_4)(SKETCH(probe));
        NAME(lanes) limit = lane_shift == 1 ? NAME(each_2)(LIMIT(probe)) : NAME(each_4)(LIMIT(probe));
        int64_t line = base & -LINE;
        int64_t end = base + (lanes << lane_shift);
        int64_t lines = lines_up_to(line, end);
        lines_ahead -= lines;
        line += state[NEXT_LINE] * LINE;
        int64_t stop = lines_up_to(line, end) <= left ? end : line + left * LINE;
        for (; line < stop; line += LINE) {
            uint64_t near = lane_shift == 1 ? NAME(near_2)(line, sketch, limit) : NAME(near_4)(line, sketch, limit);
            if (unlikely(near != 0)) {
                count = NAME(note)(survivors, count, near, base, (line - base) >> lane_shift, lanes, probe);
                if (unlikely(count > SURVIVORS - LINE / 2)) {
                    line += LINE;
                    break;
                }
            }
        }
        if (unlikely(line < end)) {
            state[NEXT_BUCKET] = i;
            state[NEXT_LINE] = lines_up_to(base & -LINE, line);
            return count;
        }
        state[NEXT_LINE] = 0;
        left -= lines;
        if (unlikely(left <= 0 || count > SURVIVORS - LINE / 2)) {
            state[NEXT_BUCKET] = i + 1;
            return count;
        }
    }
    state[NEXT_BUCKET] = total;
    return count;
}

/* Compares the half of each survivor in which its chunk does not lie, and gives those that are near, with their probes. */
TARGET static inline int64_t NAME(compare)(
    const int64_t *tables, survivor *survivors, int64_t count, const int64_t *queries, int64_t max_distance,
    int32_t *slots, int64_t *slot_probes) {
    const int64_t *chunks = (const int64_t *) tables[STORE_CHUNKS];
    int64_t half_at[SURVIVORS];
    for (int64_t i = 0; i < count; i++) {
        int32_t slot = *(const int32_t *) survivors[i].slot_at;
        int64_t plane = CHUNK(survivors[i].probe) < tables[HALF_CHUNKS] ? UPPER : 0;
        half_at[i] = chunks[slot >> CHUNK_SHIFT] + plane + (int64_t) (slot & CHUNK_MASK) * HALF_BYTES;
        ahead(half_at[i]);
        slots[i] = slot;
    }
    int64_t near = 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t probe = survivors[i].probe;
        const int64_t *query = queries + 4 * QUERY(probe) + (CHUNK(probe) < tables[HALF_CHUNKS] ? 0 : 2);
        const int64_t *half = (const int64_t *) half_at[i];
        int64_t distance = __builtin_popcountll(half[0] ^ query[1]) + __builtin_popcountll(half[1] ^ query[0]);
        slots[near] = slots[i];
        slot_probes[near] = probe;
        near += distance <= max_distance;
    }
    // What the caller reads of those that are near.
    for (int64_t i = 0; i < near; i++) {
        int64_t chunk = chunks[slots[i] >> CHUNK_SHIFT];
        int64_t plane = CHUNK(slot_probes[i]) < tables[HALF_CHUNKS] ? 0 : UPPER;
        ahead(chunk + plane + (int64_t) (slots[i] & CHUNK_MASK) * HALF_BYTES);
        ahead(chunk + CONTENTS + (int64_t) (slots[i] & CHUNK_MASK) * CONTENT_BYTES);
    }
    return near;
}

/*
 * Takes a run of probes, or as much of it as one call may; the state says in its first five longs how far it has come. What a
 * call finds is for its caller to take before the next one.
 */
TARGET EXPORT int64_t NAME(semblance_run)(
    const int64_t *tables, const int64_t *cells, const int64_t *probes, int64_t total, const int64_t *queries,
    int64_t max_distance, int64_t *state, int32_t *slots, int64_t *slot_probes) {
    survivor survivors[SURVIVORS];
    int64_t count = NAME(test_cells)(tables, cells, probes, total, state, survivors);
    if (likely(state[NEXT_PROBE] == total && count <= SURVIVORS - LINE / 2)) {
        count = tables[WIDE] ? NAME(test_buckets)(2, probes, state, survivors, count)
                             : NAME(test_buckets)(1, probes, state, survivors, count);
    }
    return NAME(compare)(tables, survivors, count, queries, max_distance, slots, slot_probes);
}
