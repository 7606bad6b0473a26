/*
 * One run of probes of a lookup in one call: from the words of the directory to the slots of which half a hash is near. What
 * the Java form of RingLookup does in passes over arrays, with what Java lacks: prefetch instructions.
 *
 * The layouts are those of Directory, LaneTable, Extents and SlotStore. One writer may change them beside a run, so a word
 * is read first, with acquire, and then, in this order, what it leads to: the region of its bucket, lanes, slot numbers, the
 * chunk of the slot. x86-64 keeps loads in order; the acquire keeps the compiler to it.
 */
#include <immintrin.h>
#include "library.h"

#define LINE 64

/* Of the tables that are given: see NativeKernels. */
enum { WIDE, HALF_CHUNKS, STORE_CHUNKS, REGIONS };

/* Of the state that is given: where a run goes on that has not come to its end. */
enum { NEXT_PROBE, BUCKETS, NEXT_BUCKET, NEXT_LINE, BUCKET };

/* Of a bucket in the state: where its first sketch lies; the probe's number (upper half) and how many lanes there are. */
enum { BASE, PROBE_AND_LANES, BUCKET_LONGS };

/* Extents: a number is of a region and of a unit in it. */
#define REGION_SHIFT 19
#define REGION_MASK ((1 << REGION_SHIFT) - 1)
#define UNIT 16

/* Directory: words say in this bit that sketches follow. */
#define COPIED 0x80000000u
#define WORD_BYTES 8
#define CELL_LANES ((LINE - WORD_BYTES) / 2)

/* SlotStore: a slot is of a chunk, whose planes are the lower halves, the upper halves and the contents. */
#define CHUNK_SHIFT 18
#define CHUNK_MASK ((1 << CHUNK_SHIFT) - 1)
#define HALF_BYTES 16
#define UPPER ((int64_t) HALF_BYTES << CHUNK_SHIFT)
#define CONTENTS (2 * UPPER)
#define CONTENT_BYTES 8

/* RingLookup: a probe is query (32 bits), chunk (4), limit (6), sketch (22). */
#define QUERY(probe) ((probe) >> 32)
#define CHUNK(probe) ((unsigned) (probe) >> 28)
#define LIMIT(probe) ((probe) >> 22 & 15)
#define SKETCH(probe) ((probe) & 0x3FFFFF)

/* Lanes that survive are compared when so many wait, or at the end. No more than the caller has room for. */
#define SURVIVORS 1024

/* How far to read ahead: cells, and lines of sketches; of a long bucket the first lines, the rest follows by itself. */
#define CELLS_AHEAD 48
#define LINES_AHEAD 80
#define LINES_OF_A_BUCKET 16

/* A call tests no more lines than this: the virtual machine waits for it. */
#define LINES_A_CALL 16384

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Into the first cache what comes next; into the second what comes later, since the first has few lines under way at a time. */
#define ahead(at) _mm_prefetch((const char *) (at), _MM_HINT_T0)
#define far_ahead(at) _mm_prefetch((const char *) (at), _MM_HINT_T1)

typedef struct {
    int64_t slot_at;
    int64_t probe;
} survivor;

/* From the beginning of a line. */
static inline int64_t lines_up_to(int64_t line, int64_t end) { return (end - line + LINE - 1) >> 6; }

/* Where the first sketch of the bucket of a word lies. */
static inline int64_t base_of(const int64_t *tables, int64_t probe, uint64_t word) {
    uint64_t number = word >> 32;
    const int64_t *regions = (const int64_t *) tables[REGIONS + CHUNK(probe)];
    return regions[number >> REGION_SHIFT] + (int64_t) (number & REGION_MASK) * UNIT;
}

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512bitalg,avx512vpopcntdq,bmi,bmi2,popcnt")))
#define NAME(name) name##_avx512

typedef __m512i lanes_avx512;

TARGET static inline __m512i each_2_avx512(int64_t value) { return _mm512_set1_epi16((short) value); }
TARGET static inline __m512i each_4_avx512(int64_t value) { return _mm512_set1_epi32((int) value); }

/* Which sketches of an aligned line differ from this one in at most so many bits. */
TARGET static inline uint64_t near_2_avx512(int64_t line, __m512i sketch, __m512i limit) {
    __m512i differing = _mm512_xor_si512(_mm512_load_si512((const void *) line), sketch);
    return _mm512_cmple_epu16_mask(_mm512_popcnt_epi16(differing), limit);
}

TARGET static inline uint64_t near_4_avx512(int64_t line, __m512i sketch, __m512i limit) {
    __m512i differing = _mm512_xor_si512(_mm512_load_si512((const void *) line), sketch);
    return _mm512_cmple_epu32_mask(_mm512_popcnt_epi32(differing), limit);
}

#include "run.h"

#undef TARGET
#undef NAME
#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define NAME(name) name##_avx2

typedef __m256i lanes_avx2;

TARGET static inline __m256i each_2_avx2(int64_t value) { return _mm256_set1_epi16((short) value); }
TARGET static inline __m256i each_4_avx2(int64_t value) { return _mm256_set1_epi32((int) value); }

/* Bits set in each byte, by a table of the sixteen halves of a byte. */
TARGET static inline __m256i bits_avx2(__m256i x) {
    const __m256i table = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i half = _mm256_set1_epi8(15);
    __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(x, half));
    __m256i high = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), half));
    return _mm256_add_epi8(low, high);
}

/* All ones in the lanes of half a line that differ in more bits. */
TARGET static inline __m256i far_2_avx2(int64_t at, __m256i sketch, __m256i limit) {
    __m256i bits = bits_avx2(_mm256_xor_si256(_mm256_load_si256((const __m256i *) at), sketch));
    return _mm256_cmpgt_epi16(_mm256_maddubs_epi16(bits, _mm256_set1_epi8(1)), limit);
}

TARGET static inline __m256i far_4_avx2(int64_t at, __m256i sketch, __m256i limit) {
    __m256i bits = bits_avx2(_mm256_xor_si256(_mm256_load_si256((const __m256i *) at), sketch));
    __m256i pairs = _mm256_maddubs_epi16(bits, _mm256_set1_epi8(1));
    return _mm256_cmpgt_epi32(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)), limit);
}

TARGET static inline uint64_t near_2_avx2(int64_t line, __m256i sketch, __m256i limit) {
    __m256i far = _mm256_packs_epi16(far_2_avx2(line, sketch, limit), far_2_avx2(line + 32, sketch, limit));
    return (uint32_t) ~_mm256_movemask_epi8(_mm256_permute4x64_epi64(far, 0xD8));
}

TARGET static inline uint64_t near_4_avx2(int64_t line, __m256i sketch, __m256i limit) {
    int low = _mm256_movemask_ps(_mm256_castsi256_ps(far_4_avx2(line, sketch, limit)));
    int high = _mm256_movemask_ps(_mm256_castsi256_ps(far_4_avx2(line + 32, sketch, limit)));
    return ~(low | high << 8) & 0xFFFF;
}

#include "run.h"

/* The forms that this processor and its system can run: 1 for AVX2, 2 for AVX-512. */
EXPORT int64_t semblance_run_forms;

__attribute__((constructor)) static void find_forms(void) {
    __builtin_cpu_init();
    int common = __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    int avx2 = common && __builtin_cpu_supports("avx2");
    int avx512 = common && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bitalg")
        && __builtin_cpu_supports("avx512vpopcntdq");
    semblance_run_forms = avx2 | avx512 << 1;
}
