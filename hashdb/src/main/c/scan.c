/* Every hash of a block that is near a query: what LinearScanIndex asks for. The layout is that of SlotStore: halves of 16 bytes. */
#include <immintrin.h>
#include "library.h"

#define BLOCK 1024
#define AVX2 1

/* Notes the places in the mask, counted from the first. */
static inline int64_t note(int32_t *found, int64_t count, uint64_t near, int64_t first) {
    for (; near != 0; near &= near - 1) {
        found[count++] = (int32_t) (first + __builtin_ctzll(near));
    }
    return count;
}

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vpopcntdq,bmi,bmi2,popcnt")))

/* Bits in which eight halves differ from the query's; in the order 0, 4, 1, 5, 2, 6, 3, 7. */
TARGET static inline __m512i distances(const uint64_t *halves, __m512i query) {
    __m512i first = _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(halves), query));
    __m512i second = _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(halves + 8), query));
    return _mm512_add_epi64(_mm512_unpacklo_epi64(first, second), _mm512_unpackhi_epi64(first, second));
}

/* A mask in the order of the distances as one in the order of the halves. */
TARGET static inline uint64_t in_order(__mmask8 near) { return _pext_u64(near, 0x55) | _pext_u64(near, 0xAA) << 4; }

TARGET static int64_t half_avx512(const uint64_t *halves, const uint64_t *query, int64_t most, int32_t *found) {
    __m512i wanted = _mm512_broadcast_i64x2(_mm_loadu_si128((const __m128i *) query));
    __m512i limit = _mm512_set1_epi64(most);
    int64_t count = 0;
    for (int64_t i = 0; i < BLOCK; i += 8) {
        __mmask8 near = _mm512_cmple_epi64_mask(distances(halves + 2 * i, wanted), limit);
        if (__builtin_expect(near != 0, 0)) {
            count = note(found, count, in_order(near), i);
        }
    }
    return count;
}

TARGET static int64_t whole_avx512(
    const uint64_t *lower, const uint64_t *upper, const uint64_t *query, int64_t most, int32_t *found) {
    __m512i low = _mm512_broadcast_i64x2(_mm_loadu_si128((const __m128i *) query));
    __m512i high = _mm512_broadcast_i64x2(_mm_loadu_si128((const __m128i *) (query + 2)));
    __m512i limit = _mm512_set1_epi64(most);
    int64_t count = 0;
    for (int64_t i = 0; i < BLOCK; i += 8) {
        __m512i sum = _mm512_add_epi64(distances(lower + 2 * i, low), distances(upper + 2 * i, high));
        __mmask8 near = _mm512_cmple_epi64_mask(sum, limit);
        if (__builtin_expect(near != 0, 0)) {
            count = note(found, count, in_order(near), i);
        }
    }
    return count;
}

#undef TARGET
#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))

TARGET static inline int64_t distance(const uint64_t *half, const uint64_t *query) {
    return __builtin_popcountll(half[0] ^ query[0]) + __builtin_popcountll(half[1] ^ query[1]);
}

TARGET static int64_t half_avx2(const uint64_t *halves, const uint64_t *query, int64_t most, int32_t *found) {
    int64_t count = 0;
    for (int64_t i = 0; i < BLOCK; i++) {
        found[count] = (int32_t) i; // The place behind the last is written to and not counted.
        count += distance(halves + 2 * i, query) <= most;
    }
    return count;
}

TARGET static int64_t whole_avx2(
    const uint64_t *lower, const uint64_t *upper, const uint64_t *query, int64_t most, int32_t *found) {
    int64_t count = 0;
    for (int64_t i = 0; i < BLOCK; i++) {
        found[count] = (int32_t) i;
        count += distance(lower + 2 * i, query) + distance(upper + 2 * i, query + 2) <= most;
    }
    return count;
}

/*
 * Finds the hashes of a block that differ in at most so many bits from the query, in the half that is given or, with both, in all.
 *
 * form: 1 for AVX2, 2 for AVX-512, as semblance_run_forms has them
 * upper: 0 for a half alone
 */
EXPORT int64_t semblance_scan(
    int64_t form, int64_t lower, int64_t upper, const uint64_t *query, int64_t most, int32_t *found) {
    const uint64_t *low = (const uint64_t *) lower, *high = (const uint64_t *) upper;
    if (form == AVX2) {
        return upper == 0 ? half_avx2(low, query, most, found) : whole_avx2(low, high, query, most, found);
    }
    return upper == 0 ? half_avx512(low, query, most, found) : whole_avx512(low, high, query, most, found);
}
