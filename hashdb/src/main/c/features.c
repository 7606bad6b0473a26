/*
 * A picture's local features: the pyramid of its sizes, corners, the brightness of patches, and their descriptors. What the Java form
 * (JavaFeatures in org.semblance.engine.features) computes, bit for bit; there is written why.
 */
#include <immintrin.h>
#include <string.h>
#include "library.h"

/* Pyramid: bytes from a row to the next, and how far corners keep off the edges. */
#define STRIDE 592
#define MARGIN 18
#define LEVELS 16

/* Features that spread over so many cells along a side. */
#define CELLS 4

#define POINTS 16
#define SCORED 32
#define RADIUS 15
#define PATCH (2 * RADIUS + 1)
#define WORDS 4

/* A corner in 32 bits; Corners, in Java, has the same. */
#define CORNER(x, y, level, score) ((int32_t) ((x) | (y) << 9 | (level) << 18 | (int64_t) (score) << 22))
#define X(corner) ((corner) & 511)
#define Y(corner) ((corner) >> 9 & 511)
#define LEVEL(corner) ((corner) >> 18 & 15)
#define SCORE(corner) ((corner) >> 22 & 255)

/* The circle of sixteen neighbours around a pixel. */
static const int32_t CIRCLE[POINTS] = {
    3 * STRIDE, 3 * STRIDE + 1, 2 * STRIDE + 2, STRIDE + 3, 3, -STRIDE + 3, -2 * STRIDE + 2, -3 * STRIDE + 1,
    -3 * STRIDE, -3 * STRIDE - 1, -2 * STRIDE - 2, -STRIDE - 3, -3, STRIDE - 3, 2 * STRIDE - 2, 3 * STRIDE - 1};

/* For each row of a patch, 255 where a pixel of its 32 is part of the disc. */
static uint8_t DISC[PATCH][PATCH + 1] __attribute__((aligned(32)));

/* For each sample the one of the level before that lies left of it, and its way to the next in 1/256. */
static void place(int64_t samples, int64_t count, int32_t *firsts, int32_t *parts) {
    for (int64_t i = 0; i < count; i++) {
        int64_t at = ((2 * i + 1) * samples * 256 / count - 255) / 2, last = (samples - 2) * 256 + 255;
        at = at < 0 ? 0 : at > last ? last : at;
        firsts[i] = (int32_t) (at >> 8);
        parts[i] = (int32_t) (at & 255);
    }
}

/* The bits that are set in nine words in a row, the first of which follows the last. */
static inline uint64_t arcs(const uint64_t *words) {
    uint64_t two[POINTS], four[POINTS], all = 0;
#pragma GCC unroll 16
    for (int i = 0; i < POINTS; i++) {
        two[i] = words[i] & words[(i + 1) % POINTS];
    }
#pragma GCC unroll 16
    for (int i = 0; i < POINTS; i++) {
        four[i] = two[i] & two[(i + 2) % POINTS];
    }
#pragma GCC unroll 16
    for (int i = 0; i < POINTS; i++) {
        all |= four[i] & four[(i + 4) % POINTS] & words[(i + 8) % POINTS];
    }
    return all;
}

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,bmi,bmi2,popcnt")))
#define NAME(name) name##_avx512
#define SHORTS 32

typedef __m512i pixels_avx512;
typedef __m512i shorts_avx512;

TARGET static inline __m512i load_avx512(const uint8_t *at) { return _mm512_loadu_si512(at); }
TARGET static inline __m512i raised_avx512(__m512i x, int64_t by) {
    return _mm512_adds_epu8(x, _mm512_set1_epi8((char) by));
}
TARGET static inline __m512i lowered_avx512(__m512i x, int64_t by) {
    return _mm512_subs_epu8(x, _mm512_set1_epi8((char) by));
}
TARGET static inline uint64_t above_avx512(__m512i x, __m512i y) { return _mm512_cmpgt_epu8_mask(x, y); }
TARGET static inline __m512i load_shorts_avx512(const int16_t *at) { return _mm512_load_si512(at); }
TARGET static inline void store_shorts_avx512(int16_t *at, __m512i x) { _mm512_store_si512(at, x); }
TARGET static inline __m512i least_avx512(__m512i x, __m512i y) { return _mm512_min_epi16(x, y); }
TARGET static inline __m512i most_avx512(__m512i x, __m512i y) { return _mm512_max_epi16(x, y); }
TARGET static inline __m512i negated_avx512(__m512i x) { return _mm512_sub_epi16(_mm512_setzero_si512(), x); }

#include "features.h"

#undef TARGET
#undef NAME
#undef SHORTS
#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define NAME(name) name##_avx2
#define SHORTS 16

typedef struct {
    __m256i low, high;
} pixels_avx2;
typedef __m256i shorts_avx2;

TARGET static inline pixels_avx2 load_avx2(const uint8_t *at) {
    return (pixels_avx2){_mm256_loadu_si256((const __m256i *) at), _mm256_loadu_si256((const __m256i *) (at + 32))};
}
TARGET static inline pixels_avx2 raised_avx2(pixels_avx2 x, int64_t by) {
    __m256i all = _mm256_set1_epi8((char) by);
    return (pixels_avx2){_mm256_adds_epu8(x.low, all), _mm256_adds_epu8(x.high, all)};
}
TARGET static inline pixels_avx2 lowered_avx2(pixels_avx2 x, int64_t by) {
    __m256i all = _mm256_set1_epi8((char) by);
    return (pixels_avx2){_mm256_subs_epu8(x.low, all), _mm256_subs_epu8(x.high, all)};
}
TARGET static inline uint32_t above_half_avx2(__m256i x, __m256i y) {
    return ~(uint32_t) _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(x, y), y));
}
TARGET static inline uint64_t above_avx2(pixels_avx2 x, pixels_avx2 y) {
    return above_half_avx2(x.low, y.low) | (uint64_t) above_half_avx2(x.high, y.high) << 32;
}
TARGET static inline __m256i load_shorts_avx2(const int16_t *at) { return _mm256_load_si256((const __m256i *) at); }
TARGET static inline void store_shorts_avx2(int16_t *at, __m256i x) { _mm256_store_si256((__m256i *) at, x); }
TARGET static inline __m256i least_avx2(__m256i x, __m256i y) { return _mm256_min_epi16(x, y); }
TARGET static inline __m256i most_avx2(__m256i x, __m256i y) { return _mm256_max_epi16(x, y); }
TARGET static inline __m256i negated_avx2(__m256i x) { return _mm256_sub_epi16(_mm256_setzero_si256(), x); }

#include "features.h"

/* The forms that this processor and its system can run: 1 for AVX2, 2 for AVX-512. */
EXPORT int64_t semblance_feature_forms;

__attribute__((constructor)) static void begin(void) {
    __builtin_cpu_init();
    int common = __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    int avx2 = common && __builtin_cpu_supports("avx2");
    int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    semblance_feature_forms = avx2 | avx512 << 1;
    for (int y = -RADIUS; y <= RADIUS; y++) {
        for (int x = -RADIUS; x <= RADIUS; x++) {
            // Half a pixel more, which makes the disc rounder.
            DISC[y + RADIUS][x + RADIUS] = 4 * (x * x + y * y) <= PATCH * PATCH ? 255 : 0;
        }
    }
}

/* Each function for the form that the caller has chosen of these: one that the processor has not must not be asked for. */
#define AVX2 1
#define BY_FORM(name, ...) (form == AVX2 ? name##_avx2(__VA_ARGS__) : name##_avx512(__VA_ARGS__))

EXPORT void semblance_add_row(
    int64_t form, const float *row, float weight, float *sum, int64_t width, int64_t first) {
    BY_FORM(add_row, row, weight, sum, width, first);
}

EXPORT void semblance_reduce_row(
    int64_t form, const float *sum, const int32_t *firsts, const float *weights, int64_t most, int64_t width,
    uint8_t *out) {
    BY_FORM(reduce_row, sum, firsts, weights, most, width, out);
}

/* Makes the levels after the first: of each the place, the width and the height. */
EXPORT void semblance_shrink(int64_t form, uint8_t *plain, const int32_t *levels, int64_t count) {
    for (int64_t i = 1; i < count; i++) {
        const int32_t *from = levels + 3 * (i - 1), *to = levels + 3 * i;
        BY_FORM(shrink, plain + from[0], from[1], from[2], plain + to[0], to[1], to[2]);
    }
}

EXPORT void semblance_blur(int64_t form, const uint8_t *plain, uint8_t *blurred, const int32_t *levels, int64_t count) {
    for (const int32_t *level = levels; level < levels + 3 * count; level += 3) {
        BY_FORM(blur, plain + level[0], blurred + level[0], level[1], level[2]);
    }
}

EXPORT int64_t semblance_corners(
    int64_t form, const uint8_t *plain, const int32_t *levels, int64_t count, int64_t threshold, int32_t *corners) {
    int64_t total = 0;
    for (int64_t i = 0; i < count; i++) {
        const int32_t *level = levels + 3 * i;
        total += BY_FORM(find_corners, plain + level[0], level[1], level[2], i, threshold, corners + total);
    }
    return total;
}

EXPORT void semblance_moments(
    int64_t form, const uint8_t *plain, const int32_t *centres, int64_t count, int32_t *down_across) {
    BY_FORM(moments, plain, centres, count, down_across);
}

EXPORT void semblance_describe(
    int64_t form, const uint8_t *blurred, const int32_t *centres, const int32_t *angles, int64_t count,
    const int16_t *offsets, uint64_t *descriptors) {
    BY_FORM(describe, blurred, centres, angles, count, offsets, descriptors);
}

/* The turn of the next corner of a cell, and which cell: the heap of spread. */
typedef struct {
    float turn;
    int32_t corner, cell;
} next_of_cell;

static inline int comes_before(const next_of_cell *a, const next_of_cell *b) {
    return a->turn < b->turn || (a->turn == b->turn && a->corner < b->corner);
}

static void sift_down(next_of_cell *heap, int64_t size, int64_t at) {
    next_of_cell moved = heap[at];
    for (int64_t child = 2 * at + 1; child < size; at = child, child = 2 * at + 1) {
        if (child + 1 < size && comes_before(&heap[child + 1], &heap[child])) {
            child++;
        }
        if (!comes_before(&heap[child], &moved)) {
            break;
        }
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static inline int32_t cell_of(int32_t corner, const int32_t *levels) {
    const int32_t *level = levels + 3 * LEVEL(corner);
    return (LEVEL(corner) * CELLS + Y(corner) * CELLS / level[2]) * CELLS + X(corner) * CELLS / level[1];
}

/*
 * Takes the best of each cell of each level, then the second best, and so on; levels take part by their turns.
 *
 * sorted: scratch for twice as many numbers as there are corners
 * chosen: gets the numbers of at most so many corners. Returns how many
 */
EXPORT int64_t semblance_spread(
    int64_t form, const int32_t *corners, int64_t count, const int32_t *levels, const double *turns, int64_t most,
    int32_t *sorted, int32_t *chosen) {
    (void) form;
    // By score from the highest, alike by number; then by cell without changing that.
    int32_t ends[256 + 1], begins[LEVELS * CELLS * CELLS + 1], at[LEVELS * CELLS * CELLS];
    next_of_cell heap[LEVELS * CELLS * CELLS];
    memset(ends, 0, sizeof ends);
    memset(begins, 0, sizeof begins);
    for (int64_t i = 0; i < count; i++) {
        ends[256 - SCORE(corners[i])]++;
        begins[cell_of(corners[i], levels) + 1]++;
    }
    for (int i = 1; i <= 256; i++) {
        ends[i] += ends[i - 1];
    }
    for (int i = 0; i < LEVELS * CELLS * CELLS; i++) {
        begins[i + 1] += begins[i];
        at[i] = begins[i];
    }
    int32_t *by_score = sorted + count;
    for (int64_t i = 0; i < count; i++) {
        by_score[ends[255 - SCORE(corners[i])]++] = (int32_t) i;
    }
    for (int64_t i = 0; i < count; i++) {
        sorted[at[cell_of(corners[by_score[i]], levels)]++] = by_score[i];
    }
    int64_t size = 0;
    for (int32_t cell = 0; cell < LEVELS * CELLS * CELLS; cell++) {
        at[cell] = begins[cell];
        if (begins[cell] < begins[cell + 1]) {
            heap[size++] = (next_of_cell){(float) turns[cell / (CELLS * CELLS)], sorted[begins[cell]], cell};
        }
    }
    for (int64_t i = size / 2 - 1; i >= 0; i--) {
        sift_down(heap, size, i);
    }
    int64_t taken = 0;
    while (taken < most && size > 0) {
        int32_t cell = heap[0].cell;
        chosen[taken++] = heap[0].corner;
        if (++at[cell] < begins[cell + 1]) {
            heap[0].turn = (float) ((at[cell] - begins[cell] + 1) * turns[cell / (CELLS * CELLS)]);
            heap[0].corner = sorted[at[cell]];
        } else {
            heap[0] = heap[--size];
        }
        sift_down(heap, size, 0);
    }
    return taken;
}
