/*
 * A picture's pixels to PDQ: luma, smoothing to 64x64 (exactly as the reference rounds, and faster), and cosine coefficients to bits.
 * What the Java forms (TentFilter, TentSampler, CosineHash in org.semblance.engine.pdq) compute, bit for bit, without the time that
 * those need until they are compiled. Nothing may be reordered or fused, so build.sh forbids the compiler to contract.
 */
#include <immintrin.h>
#include <stdbool.h>
#include <string.h>
#include "library.h"

#define SIDE 64
#define FREQUENCIES 16
#define BITS (FREQUENCIES * FREQUENCIES)

/* The weights of BT.601, and the range of studio video. */
#define CHANNELS 3
#define RED 0.299f
#define GREEN 0.587f
#define BLUE 0.114f
#define BLACK 16.0f
#define STUDIO_SCALE (255.0f / 219)

/* What a row's bytes are: see NativePixels, in Java. */
enum { GREY, STUDIO, RGB, BGR };

typedef float quad __attribute__((vector_size(16)));
typedef float loose_quad __attribute__((vector_size(16), aligned(4), may_alias));

/*
 * How a line of so many samples is filtered, by steps. An output lies in the middle of its window, so it is known lag steps after its
 * sample went in. Nothing is shifted for that: the steps before the line's first output and after its last one divide by infinity, so
 * that the next pass sees the zeros that it needs there.
 */
typedef struct {
    int32_t length, window, lag, steps;
} line;

/* Which outputs of the second pass are kept: 64, at the centres of 64 equal parts of the line; and which comes next. */
typedef struct {
    int32_t steps[SIDE];
    float divisors[SIDE];
    int32_t next;
} samples;

/*
 * The head of the scratch of a picture that is filtered exactly; then the floats at these places. The picture passes in bands of rows,
 * and a band in chunks of columns small enough for the first cache:
 *
 *   rows --turn--> box across --turn--> ring --box down--> --turn--> box across, 64 columns kept
 *   --turn--> tall: box down, 64 rows kept
 */
typedef struct {
    line across, down;
    samples columns, rows;
    int32_t chunk, stride, ring_rows, top, tall_rows, tall_floats;
    int32_t across_divisors, down_divisors;
    int32_t turned;            /* a chunk of the band turned, and the window before it */
    int32_t row_sums, smooth;  /* the running sums across; a chunk filtered across, still turned */
    int32_t ring, column_sums; /* the last rows filtered across; a band never wraps */
    int32_t block, block_turned, second_row_sums;
    int32_t kept, tall, second_column_sums;
} tent;

/* By which weights the samples of a line make its 64 sums: from the first to before the end, so many floats from one sum to the next. */
typedef struct {
    int32_t first[SIDE], end[SIDE], stride;
} weights;

/* The head of the scratch of a picture that is sampled. A row goes, times its weight, into the sums that it is part of. */
typedef struct {
    weights across, down;
    int32_t across_weights, down_weights, sums, sums_stride;
    int32_t width, height;
    int32_t open; /* sums that have begun and not ended, at most; sum i is at i modulo this */
    int32_t row, begun, complete;
} sampler;

static inline int64_t clamped(int64_t x, int64_t least, int64_t most) {
    return x < least ? least : x > most ? most : x;
}

static inline int64_t rounded_up(int64_t x, int64_t to) { return (x + to - 1) / to * to; }

static inline bool is_power_of_two(int64_t x) { return (x & (x - 1)) == 0; }

/* The smallest window of which 128 cover the line: a tent is two boxes, and 64 tents are wanted. */
static inline int64_t window_of(int64_t length) { return (length + 2 * SIDE - 1) / (2 * SIDE); }

/* How many samples after an output its window ends. */
static inline int64_t lag_of(int64_t window) { return (window + 2) / 2 - 1; }

/* Where the line is sampled: the centre of part i of 64. */
static inline int64_t sampled(int i, int64_t length) { return (int64_t) ((i + 0.5) * (double) length / SIDE); }

/* The step after the next kept output, or the given bound if that comes first. */
static inline int64_t until(const samples *s, int64_t bound) {
    return s->next < SIDE && s->steps[s->next] + 1 < bound ? s->steps[s->next] + 1 : bound;
}

static inline bool is_due(const samples *s, int64_t step) { return s->next < SIDE && s->steps[s->next] + 1 == step; }

static line line_of(int64_t length, int64_t band) {
    int64_t window = window_of(length), lag = lag_of(window);
    return (line){(int32_t) length, (int32_t) window, (int32_t) lag, (int32_t) rounded_up(length + 2 * lag, band)};
}

static int64_t places(int64_t *end, int64_t floats) {
    int64_t at = *end;
    *end += rounded_up(floats, 16);
    return at;
}

/* Where everything lies in the scratch. Returns how many floats it takes, which must fit 32 bits for the rest to hold. */
static int64_t lay_out(tent *t, int64_t width, int64_t height, int64_t band) {
    int64_t end = rounded_up((int64_t) (sizeof(tent) / sizeof(float)) + 1, 16);
    t->across = line_of(width, band);
    t->down = line_of(height, band);
    int64_t a = t->across.window, d = t->down.window, chunk = rounded_up(2 * a, band), tall = (d + (2 * band > d ? 2 * band : d)) * SIDE;
    chunk = chunk < SIDE ? SIDE : chunk;
    chunk = chunk > t->across.steps ? t->across.steps : chunk;
    int64_t stride = t->across.steps + band / 2, ring_rows = rounded_up(d + band, band);
    t->chunk = (int32_t) chunk;
    t->stride = (int32_t) stride;
    t->ring_rows = (int32_t) ring_rows;
    t->tall_floats = (int32_t) tall;
    t->across_divisors = (int32_t) places(&end, t->across.steps);
    t->down_divisors = (int32_t) places(&end, t->down.steps);
    t->turned = (int32_t) places(&end, (a + chunk) * band);
    t->row_sums = (int32_t) places(&end, band);
    t->smooth = (int32_t) places(&end, chunk * band);
    t->ring = (int32_t) places(&end, ring_rows * stride);
    t->column_sums = (int32_t) places(&end, t->across.steps);
    t->block = (int32_t) places(&end, band * (chunk + band / 2));
    t->block_turned = (int32_t) places(&end, (a + chunk) * band);
    t->second_row_sums = (int32_t) places(&end, band);
    t->kept = (int32_t) places(&end, SIDE * band);
    t->tall = (int32_t) places(&end, tall);
    t->second_column_sums = (int32_t) places(&end, SIDE);
    return end;
}

static void fill_divisors(const line *l, float *divisors) {
    for (int64_t step = 0; step < l->steps; step++) {
        int64_t last = step < l->length - 1 ? step : l->length - 1;
        int64_t before = step - l->window > -1 ? step - l->window : -1;
        divisors[step] =
            step < l->lag || step >= (int64_t) l->length + l->lag ? __builtin_inff() : (float) (last - before);
    }
}

static void choose(samples *s, const line *l, const float *divisors) {
    for (int i = 0; i < SIDE; i++) {
        int64_t at = sampled(i, l->length);
        s->steps[i] = (int32_t) (at + 2 * l->lag);
        s->divisors[i] = divisors[at + l->lag];
    }
    s->next = 0;
}

static void zero(float *scratch, int64_t at, int64_t floats) {
    memset(scratch + at, 0, sizeof(float) * (size_t) floats);
}

static void tent_begin(float *scratch, int64_t width, int64_t height, int64_t band) {
    tent *t = (tent *) scratch;
    lay_out(t, width, height, band);
    fill_divisors(&t->across, scratch + t->across_divisors);
    fill_divisors(&t->down, scratch + t->down_divisors);
    choose(&t->columns, &t->across, scratch + t->across_divisors);
    choose(&t->rows, &t->down, scratch + t->down_divisors);
    // The rows before the first, as the window down sees them.
    int64_t before = (int64_t) t->down.window * t->stride;
    zero(scratch, t->ring + (int64_t) t->ring_rows * t->stride - before, before);
    zero(scratch, t->column_sums, t->across.steps);
    zero(scratch, t->tall, (int64_t) t->down.window * SIDE);
    zero(scratch, t->second_column_sums, SIDE);
    t->top = 0;
    t->tall_rows = t->down.window;
}

/* The first sample in the window of the box filter's output; and one more than the last. */
static inline int64_t window_from(int64_t at, int64_t window) {
    int64_t from = at + lag_of(window) - window + 1;
    return from > 0 ? from : 0;
}

static inline int64_t window_to(int64_t at, int64_t window, int64_t length) {
    int64_t to = at + lag_of(window) + 1;
    return to < length ? to : length;
}

static void span(weights *w, int64_t length) {
    int64_t window = window_of(length);
    w->stride = (int32_t) (2 * window);
    for (int i = 0; i < SIDE; i++) {
        int64_t at = sampled(i, length);
        w->first[i] = (int32_t) window_from(window_from(at, window), window);
        w->end[i] = (int32_t) window_to(window_to(at, window, length) - 1, window, length);
    }
}

static void weigh(const weights *w, int64_t length, float *weight) {
    int64_t window = window_of(length);
    for (int i = 0; i < SIDE; i++) {
        int64_t at = sampled(i, length);
        int64_t begin = window_from(at, window), end = window_to(at, window, length);
        for (int64_t sample = w->first[i]; sample < w->end[i]; sample++) {
            double sum = 0;
            for (int64_t middle = begin; middle < end; middle++) {
                int64_t from = window_from(middle, window), to = window_to(middle, window, length);
                if (sample >= from && sample < to) {
                    sum += 1.0 / (double) (end - begin) / (double) (to - from);
                }
            }
            weight[(int64_t) i * w->stride + sample - w->first[i]] = (float) sum;
        }
    }
}

static int32_t most_open(const weights *w) {
    int most = 1;
    for (int i = 0; i < SIDE; i++) {
        int begun = i;
        while (begun < SIDE && w->first[begun] < w->end[i]) {
            begun++;
        }
        most = begun - i > most ? begun - i : most;
    }
    return most;
}

/* Where everything lies in the scratch. Returns how many floats it takes, which must fit 32 bits for the rest to hold. */
static int64_t lay_out_sampler(sampler *s, int64_t width, int64_t height) {
    int64_t end = rounded_up((int64_t) (sizeof(sampler) / sizeof(float)) + 1, 16);
    span(&s->across, width);
    span(&s->down, height);
    s->open = most_open(&s->down);
    s->across_weights = (int32_t) places(&end, (int64_t) SIDE * s->across.stride);
    s->down_weights = (int32_t) places(&end, (int64_t) SIDE * s->down.stride);
    s->sums_stride = (int32_t) rounded_up(width, 16);
    s->sums = (int32_t) places(&end, (int64_t) s->sums_stride * s->open);
    return end;
}

/* Floats of scratch that a picture needs that is sampled. */
EXPORT int64_t semblance_sample_floats(int64_t form, int64_t width, int64_t height) {
    (void) form;
    sampler s;
    return lay_out_sampler(&s, width, height);
}

/* Makes the scratch ready for a picture that is sampled. Of scratch that is new, the head is 0. */
EXPORT void semblance_sample_begin(int64_t form, float *scratch, int64_t width, int64_t height) {
    (void) form;
    sampler *s = (sampler *) scratch;
    if (s->width != width || s->height != height) { // Frames of a video, and many pictures, are as large as the one before.
        lay_out_sampler(s, width, height);
        weigh(&s->across, width, scratch + s->across_weights);
        weigh(&s->down, height, scratch + s->down_weights);
        s->width = (int32_t) width;
        s->height = (int32_t) height;
    }
    zero(scratch, s->sums, (int64_t) s->sums_stride * s->open);
    s->row = 0;
    s->begun = 0;
    s->complete = 0;
}

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,bmi,bmi2,popcnt")))
#define NAME(name) name##_avx512
#define LANES 16
#define SPREAD_BYTES_avx512 64

/* Three bytes of each of 16 pixels to the low end of a lane; what the fourth byte gets does not matter. Reads 64 bytes. */
TARGET static inline int32_t __attribute__((vector_size(64))) spread_avx512(const uint8_t *pixels) {
    const __m512i order = _mm512_set_epi8(
        47, 47, 46, 45, 44, 44, 43, 42, 41, 41, 40, 39, 38, 38, 37, 36, 35, 35, 34, 33, 32, 32, 31, 30, 29, 29, 28, 27,
        26, 26, 25, 24, 23, 23, 22, 21, 20, 20, 19, 18, 17, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 9, 8, 8, 7, 6, 5, 5,
        4, 3, 2, 2, 1, 0);
    return (int32_t __attribute__((vector_size(64)))) _mm512_permutexvar_epi8(order, _mm512_loadu_si512(pixels));
}

/* Lane j gets what lane j ^ mask has. */
TARGET static inline __m512 crossed_avx512(__m512 x, int mask) {
    const int32_t __attribute__((vector_size(64))) lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return mask == 0 ? x : __builtin_shuffle(x, lanes ^ mask);
}

/* The second where the lane's index has the bit. */
TARGET static inline __m512 blend_avx512(__m512 x, __m512 y, int bit) {
    __mmask16 lanes = bit == 1 ? 0xAAAA : bit == 2 ? 0xCCCC : bit == 4 ? 0xF0F0 : 0xFF00;
    return _mm512_mask_blend_ps(lanes, x, y);
}

#include "picture.h"

#undef TARGET
#undef NAME
#undef LANES
#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define NAME(name) name##_avx2
#define LANES 8
#define SPREAD_BYTES_avx2 28

TARGET static inline int32_t __attribute__((vector_size(32))) spread_avx2(const uint8_t *pixels) {
    const __m256i order = _mm256_broadcastsi128_si256(_mm_set_epi8(11, 11, 10, 9, 8, 8, 7, 6, 5, 5, 4, 3, 2, 2, 1, 0));
    __m256i halves = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *) pixels)),
        _mm_loadu_si128((const __m128i *) (pixels + 12)), 1);
    return (int32_t __attribute__((vector_size(32)))) _mm256_shuffle_epi8(halves, order);
}

TARGET static inline __m256 crossed_avx2(__m256 x, int mask) {
    const int32_t __attribute__((vector_size(32))) lanes = {0, 1, 2, 3, 4, 5, 6, 7};
    return mask == 0 ? x : __builtin_shuffle(x, lanes ^ mask);
}

TARGET static inline __m256 blend_avx2(__m256 x, __m256 y, int bit) {
    return bit == 1 ? _mm256_blend_ps(x, y, 0xAA) : bit == 2 ? _mm256_blend_ps(x, y, 0xCC) : _mm256_blend_ps(x, y, 0xF0);
}

#include "picture.h"

/* The forms that this processor and its system can run: 1 for AVX2, 2 for AVX-512. */
EXPORT int64_t semblance_picture_forms;

__attribute__((constructor)) static void find_forms(void) {
    __builtin_cpu_init();
    int common = __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    int avx2 = common && __builtin_cpu_supports("avx2");
    int avx512 = common && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vbmi");
    semblance_picture_forms = avx2 | avx512 << 1;
}

/* Each function for the form that the caller has chosen of these: one that the processor has not must not be asked for. */
#define AVX2 1
#define BY_FORM(name, ...) (form == AVX2 ? name##_avx2(__VA_ARGS__) : name##_avx512(__VA_ARGS__))

EXPORT void semblance_luma_row(int64_t form, int64_t kind, const uint8_t *pixels, int64_t width, float *row) {
    BY_FORM(luma_row, kind, pixels, width, row);
}

EXPORT int64_t semblance_tent_floats(int64_t form, int64_t width, int64_t height) {
    return BY_FORM(tent_floats, width, height);
}

EXPORT void semblance_tent_begin(int64_t form, float *scratch, int64_t width, int64_t height) {
    BY_FORM(tent_begin, scratch, width, height);
}

EXPORT void semblance_tent_band(int64_t form, float *scratch, const float *rows, int64_t present, float *small) {
    BY_FORM(tent_band, scratch, rows, present, small);
}

EXPORT void semblance_sample_rows(
    int64_t form, float *scratch, const float *rows, int64_t stride, int64_t count, float *small) {
    BY_FORM(sample_rows, scratch, rows, stride, count, small);
}

EXPORT void semblance_cosines(int64_t form, const float *cosines, const float *picture, float *coefficients) {
    BY_FORM(cosines, cosines, picture, coefficients);
}

EXPORT void semblance_above_median(int64_t form, const float *values, uint64_t *bits) {
    BY_FORM(above_median, values, bits);
}

EXPORT int64_t semblance_gradients(int64_t form, const float *picture) { return BY_FORM(gradients, picture); }
