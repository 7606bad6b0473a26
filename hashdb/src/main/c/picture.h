/* Luma, smoothing and cosines for the processors of TARGET; picture.c includes this file once for each, with LANES floats a vector. */

typedef float NAME(floats) __attribute__((vector_size(4 * LANES)));
typedef float NAME(loose) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t NAME(ints) __attribute__((vector_size(4 * LANES)));

TARGET static inline NAME(floats) NAME(load)(const float *at) { return *(const NAME(loose) *) at; }
TARGET static inline void NAME(store)(float *at, NAME(floats) x) { *(NAME(loose) *) at = x; }

/* The channel of each pixel, 0..255, that begins at this bit of its lane. */
TARGET static inline NAME(floats) NAME(channel)(NAME(ints) pixels, int shift) {
    return __builtin_convertvector(pixels >> shift & 255, NAME(floats));
}

TARGET static void NAME(grey_row)(const uint8_t *samples, int64_t width, float *row) {
    for (int64_t x = 0; x < width; x++) {
        row[x] = samples[x];
    }
}

TARGET static void NAME(studio_row)(const uint8_t *samples, int64_t width, float *row) {
    for (int64_t x = 0; x < width; x++) {
        float full = ((float) samples[x] - BLACK) * STUDIO_SCALE;
        full = full > 0 ? full : 0;
        row[x] = full < 255 ? full : 255;
    }
}

TARGET static void NAME(colour_row)(const uint8_t *pixels, int64_t width, int red_shift, float *row) {
    int blue_shift = 16 - red_shift;
    int64_t x = 0;
    for (; CHANNELS * x + NAME(SPREAD_BYTES) <= CHANNELS * width; x += LANES) {
        NAME(ints) lanes = NAME(spread)(pixels + CHANNELS * x);
        NAME(store)(row + x, NAME(channel)(lanes, red_shift) * RED + NAME(channel)(lanes, 8) * GREEN
                + NAME(channel)(lanes, blue_shift) * BLUE);
    }
    for (; x < width; x++) {
        const uint8_t *pixel = pixels + CHANNELS * x;
        row[x] = RED * (float) pixel[red_shift / 8] + GREEN * (float) pixel[1] + BLUE * (float) pixel[blue_shift / 8];
    }
}

/* A row of a picture as luma: see Luma, in Java. */
TARGET static void NAME(luma_row)(int64_t kind, const uint8_t *pixels, int64_t width, float *row) {
    switch (kind) {
        case GREY: NAME(grey_row)(pixels, width, row); break;
        case STUDIO: NAME(studio_row)(pixels, width, row); break;
        case RGB: NAME(colour_row)(pixels, width, 0, row); break;
        default: NAME(colour_row)(pixels, width, 16, row); break;
    }
}

/*
 * Writes the columns of a square tile as lines. The tile's line i is first permuted by lane ^ i, so that the element (i, j) stands in
 * lane i ^ j; then each lane is fetched from line ^ lane, by one blend for each bit of the index; then the same permutation brings
 * every element to its place. With 16 lanes these are 30 shuffles and 64 blends in place of the usual 64 shuffles.
 */
TARGET static inline __attribute__((always_inline)) void NAME(transpose)(
    const float *from, int64_t from_stride, float *to, int64_t to_stride) {
    NAME(floats) lines[LANES], blended[LANES];
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++) {
        lines[i] = NAME(crossed)(NAME(load)(from + i * from_stride), i);
    }
#pragma GCC unroll 4
    for (int bit = 1; bit < LANES; bit *= 2) {
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) {
            blended[i] = NAME(blend)(lines[i], lines[i ^ bit], bit);
        }
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) {
            lines[i] = blended[i];
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++) {
        NAME(store)(to + i * to_stride, NAME(crossed)(lines[i], i));
    }
}

/* Rows of a band, two vectors: a single chain of additions would leave the adders idle half the time. */
#define BAND (2 * LANES)

/* A band of rows to columns of BAND lanes; and back. */
TARGET static void NAME(turn)(const float *from, int64_t stride, float *to, int64_t width) {
    for (int64_t x = 0; x < width; x += LANES) {
        NAME(transpose)(from + x, stride, to + x * BAND, BAND);
        NAME(transpose)(from + LANES * stride + x, stride, to + x * BAND + LANES, BAND);
    }
}

TARGET static void NAME(turn_back)(const float *from, int64_t width, float *to, int64_t stride) {
    for (int64_t x = 0; x < width; x += LANES) {
        NAME(transpose)(from + x * BAND, BAND, to + x, stride);
        NAME(transpose)(from + x * BAND + LANES, BAND, to + LANES * stride + x, stride);
    }
}

/*
 * The box filter of BAND lines side by side: the entering sample is added, then the leaving one subtracted, and the sum divided. The
 * sums are carried from call to call.
 */
TARGET static inline __attribute__((always_inline)) void NAME(box)(
    const float *old, const float *next, int64_t in_stride, float *sums, const float *divisors, float scale, float *out,
    int64_t out_stride, int64_t count) {
    NAME(floats) sum0 = NAME(load)(sums), sum1 = NAME(load)(sums + LANES);
    for (int64_t i = 0; i < count; i++) {
        sum0 = sum0 + NAME(load)(next) - NAME(load)(old);
        sum1 = sum1 + NAME(load)(next + LANES) - NAME(load)(old + LANES);
        next += in_stride;
        old += in_stride;
        if (scale != 0) { // The inverse of a power of two is exact, so a product replaces the quotient.
            NAME(store)(out, sum0 * scale);
            NAME(store)(out + LANES, sum1 * scale);
        } else {
            NAME(store)(out, sum0 / divisors[i]);
            NAME(store)(out + LANES, sum1 / divisors[i]);
        }
        out += out_stride;
    }
    NAME(store)(sums, sum0);
    NAME(store)(sums + LANES, sum1);
}

/* Moves the window on without any output. */
TARGET static inline void NAME(sum)(
    const float *old, const float *next, int64_t stride, float *sums, int64_t count) {
    NAME(floats) sum0 = NAME(load)(sums), sum1 = NAME(load)(sums + LANES);
    for (int64_t i = 0; i < count; i++) {
        sum0 = sum0 + NAME(load)(next) - NAME(load)(old);
        sum1 = sum1 + NAME(load)(next + LANES) - NAME(load)(old + LANES);
        next += stride;
        old += stride;
    }
    NAME(store)(sums, sum0);
    NAME(store)(sums + LANES, sum1);
}

TARGET static inline void NAME(divide)(const float *sums, float divisor, float *out) {
    NAME(store)(out, NAME(load)(sums) / divisor);
    NAME(store)(out + LANES, NAME(load)(sums + LANES) / divisor);
}

/* First pass along the rows: a chunk of the band to the ring. Rows below the picture become zeros. */
TARGET static void NAME(filter_across)(
    tent *t, float *scratch, const float *band, int64_t left, int64_t width, int64_t slot, int64_t present) {
    const line *across = &t->across;
    const float *divisors = scratch + t->across_divisors;
    float *ring = scratch + t->ring + slot * t->stride + left;
    float *turned = scratch + t->turned;
    int64_t history = (int64_t) across->window * BAND;
    if (present > 0) {
        float *smooth = scratch + t->smooth;
        NAME(turn)(band + left, t->stride, turned + history, width);
        int64_t full = clamped(across->window - 1 - left, 0, width);
        int64_t ending = clamped(across->length - left, full, width);
        float scale = is_power_of_two(across->window) ? 1.0f / (float) across->window : 0;
        float *sums = scratch + t->row_sums;
        NAME(box)(turned, turned + history, BAND, sums, divisors + left, 0, smooth, BAND, full);
        if (scale != 0) {
            NAME(box)(turned + full * BAND, turned + full * BAND + history, BAND, sums, divisors, scale,
                smooth + full * BAND, BAND, ending - full);
        } else {
            NAME(box)(turned + full * BAND, turned + full * BAND + history, BAND, sums, divisors + left + full, 0,
                smooth + full * BAND, BAND, ending - full);
        }
        NAME(box)(turned + ending * BAND, turned + ending * BAND + history, BAND, sums, divisors + left + ending, 0,
            smooth + ending * BAND, BAND, width - ending);
        NAME(turn_back)(smooth, width, ring, t->stride);
        memmove(turned, turned + width * BAND, sizeof(float) * (size_t) history);
    }
    for (int64_t y = present; y < BAND; y++) {
        memset(ring + y * t->stride, 0, sizeof(float) * (size_t) width);
    }
}

/* First pass along the columns: a chunk of the ring's newest band to the block. */
TARGET static void NAME(filter_down)(tent *t, float *scratch, int64_t left, int64_t width, int64_t block_stride) {
    const line *down = &t->down;
    const float *divisors = scratch + t->down_divisors + t->top;
    const float *ring = scratch + t->ring + left;
    float *block = scratch + t->block;
    int64_t slot = t->top % t->ring_rows;
    int64_t old_slot = (t->top - down->window + (int64_t) t->ring_rows * 2) % t->ring_rows;
    int64_t before_wrap = t->ring_rows - old_slot < BAND ? t->ring_rows - old_slot : BAND;
    bool scaling = is_power_of_two(down->window) && t->top >= down->window - 1 && t->top + BAND <= down->length;
    float scale = scaling ? 1.0f / (float) down->window : 0;
    for (int64_t x = 0; x < width; x += BAND) {
        float *sums = scratch + t->column_sums + left + x;
        for (int64_t done = 0; done < BAND;) {
            int64_t count = done == 0 ? before_wrap : BAND - done;
            const float *old = ring + (done == 0 ? old_slot : 0) * t->stride + x;
            const float *next = ring + (slot + done) * t->stride + x;
            float *out = block + done * block_stride + x;
            if (scaling) {
                NAME(box)(old, next, t->stride, sums, divisors, scale, out, block_stride, count);
            } else {
                NAME(box)(old, next, t->stride, sums, divisors + done, 0, out, block_stride, count);
            }
            done += count;
        }
    }
}

/* Second pass along the rows: the kept columns of a chunk of the block. */
TARGET static void NAME(sample_across)(
    tent *t, float *scratch, int64_t left, int64_t width, int64_t block_stride) {
    float *turned = scratch + t->block_turned;
    float *sums = scratch + t->second_row_sums;
    int64_t history = (int64_t) t->across.window * BAND;
    NAME(turn)(scratch + t->block, block_stride, turned + history, width);
    for (int64_t step = left; step < left + width;) {
        int64_t end = until(&t->columns, left + width);
        const float *old = turned + (step - left) * BAND;
        NAME(sum)(old, old + history, BAND, sums, end - step);
        step = end;
        for (; is_due(&t->columns, step); t->columns.next++) {
            NAME(divide)(sums, t->columns.divisors[t->columns.next],
                scratch + t->kept + (int64_t) t->columns.next * BAND);
        }
    }
    memmove(turned, turned + width * BAND, sizeof(float) * (size_t) history);
}

/* Second pass along the columns: the kept rows of a band of the 64 columns. */
TARGET static void NAME(sample_down)(tent *t, float *scratch, float *small) {
    float *tall = scratch + t->tall;
    float *sums = scratch + t->second_column_sums;
    int64_t window = t->down.window;
    if ((t->tall_rows + BAND) * SIDE > t->tall_floats) {
        memmove(tall, tall + (t->tall_rows - window) * SIDE, sizeof(float) * (size_t) (window * SIDE));
        t->tall_rows = (int32_t) window;
    }
    NAME(turn_back)(scratch + t->kept, SIDE, tall + (int64_t) t->tall_rows * SIDE, SIDE);
    for (int64_t step = t->top; step < t->top + BAND;) {
        int64_t end = until(&t->rows, t->top + BAND);
        const float *next = tall + (t->tall_rows + step - t->top) * SIDE;
        for (int64_t x = 0; x < SIDE; x += BAND) {
            NAME(sum)(next - window * SIDE + x, next + x, SIDE, sums + x, end - step);
        }
        step = end;
        for (; is_due(&t->rows, step); t->rows.next++) {
            for (int64_t x = 0; x < SIDE; x += BAND) {
                NAME(divide)(sums + x, t->rows.divisors[t->rows.next], small + (int64_t) t->rows.next * SIDE + x);
            }
        }
    }
    t->tall_rows += BAND;
}

/* Floats of scratch that a picture needs; see tent_begin. */
TARGET static int64_t NAME(tent_floats)(int64_t width, int64_t height) {
    tent t;
    return lay_out(&t, width, height, BAND);
}

/* Makes the scratch ready for a picture. */
TARGET static void NAME(tent_begin)(float *scratch, int64_t width, int64_t height) {
    tent_begin(scratch, width, height, BAND);
}

/*
 * Takes the next band of the picture.
 *
 * rows: BAND rows, (columns of the ring) floats apart, of which so many are of the picture, and behind each of these zeros
 * small: gets the rows of the result, once they are known; all of them when tent_bands of them were given
 */
TARGET static void NAME(tent_band)(float *scratch, const float *rows, int64_t present, float *small) {
    tent *t = (tent *) scratch;
    int64_t history = (int64_t) t->across.window * BAND;
    memset(scratch + t->turned, 0, sizeof(float) * (size_t) history);
    memset(scratch + t->block_turned, 0, sizeof(float) * (size_t) history);
    memset(scratch + t->row_sums, 0, sizeof(float) * BAND);
    memset(scratch + t->second_row_sums, 0, sizeof(float) * BAND);
    t->columns.next = 0;
    int64_t slot = t->top % t->ring_rows;
    // An odd number of vectors, so that the rows of a tile do not fall on the same few cache sets.
    int64_t block_stride = t->chunk + LANES;
    for (int64_t left = 0; left < t->across.steps; left += t->chunk) {
        int64_t width = t->across.steps - left < t->chunk ? t->across.steps - left : t->chunk;
        NAME(filter_across)(t, scratch, rows, left, width, slot, present);
        NAME(filter_down)(t, scratch, left, width, block_stride);
        NAME(sample_across)(t, scratch, left, width, block_stride);
    }
    NAME(sample_down)(t, scratch, small);
    t->top += BAND;
}
#undef BAND

/* A complete row of the result: the 64 sums across, each of four that do not wait for each other. */
TARGET static void NAME(sum_up)(const weights *across, const float *weight, const float *sums, float *small) {
    for (int i = 0; i < SIDE; i++) {
        const float *sample = sums + across->first[i];
        const float *own = weight + (int64_t) i * across->stride;
        int64_t count = across->end[i] - across->first[i];
        quad sum = {0, 0, 0, 0};
        int64_t k = 0;
        for (; k + 4 <= count; k += 4) {
            sum += *(const loose_quad *) (own + k) * *(const loose_quad *) (sample + k);
        }
        float first = sum[0];
        for (; k < count; k++) {
            first += own[k] * sample[k];
        }
        small[i] = first + sum[1] + (sum[2] + sum[3]);
    }
}

/*
 * Takes the next rows of a picture that is sampled: see TentSampler, in Java.
 *
 * small: gets the rows of the result that are complete
 */
TARGET static void NAME(sample_rows)(
    float *scratch, const float *rows, int64_t stride, int64_t count, float *small) {
    sampler *s = (sampler *) scratch;
    const float *weight = scratch + s->down_weights;
    for (int64_t k = 0; k < count; k++, s->row++) {
        const float *row = rows + k * stride;
        while (s->begun < SIDE && s->down.first[s->begun] <= s->row) {
            s->begun++;
        }
        for (int64_t i = s->complete; i < s->begun; i++) {
            float own = weight[i * s->down.stride + s->row - s->down.first[i]];
            float *sums = scratch + s->sums + i % s->open * s->sums_stride;
            for (int64_t x = 0; x < s->sums_stride; x += LANES) {
                NAME(store)(sums + x, NAME(load)(row + x) * own + NAME(load)(sums + x));
            }
        }
        for (; s->complete < s->begun && s->down.end[s->complete] == s->row + 1; s->complete++) {
            float *sums = scratch + s->sums + s->complete % s->open * (int64_t) s->sums_stride;
            NAME(sum_up)(&s->across, scratch + s->across_weights, sums, small + (int64_t) s->complete * SIDE);
            memset(sums, 0, sizeof(float) * (size_t) s->sums_stride);
        }
    }
}

/* A matrix product, 16x64 by 64xcolumns. Four rows at once, since a row is one chain of dependent additions. */
TARGET static inline __attribute__((always_inline)) void NAME(multiply)(
    const float *left, const float *right, int64_t columns, float *product) {
    for (int64_t i = 0; i < FREQUENCIES; i += 4) {
        const float *a = left + i * SIDE;
        for (int64_t j = 0; j < columns; j += LANES) {
            NAME(floats) sum0 = {0}, sum1 = {0}, sum2 = {0}, sum3 = {0};
            for (int64_t k = 0; k < SIDE; k++) {
                NAME(floats) row = NAME(load)(right + k * columns + j);
                sum0 = sum0 + row * a[k];
                sum1 = sum1 + row * a[SIDE + k];
                sum2 = sum2 + row * a[2 * SIDE + k];
                sum3 = sum3 + row * a[3 * SIDE + k];
            }
            NAME(store)(product + i * columns + j, sum0);
            NAME(store)(product + (i + 1) * columns + j, sum1);
            NAME(store)(product + (i + 2) * columns + j, sum2);
            NAME(store)(product + (i + 3) * columns + j, sum3);
        }
    }
}

/*
 * The coefficients of a 64x64 picture.
 *
 * cosines: the matrix of 16x64, and behind it the same turned
 */
TARGET static void NAME(cosines)(const float *cosines, const float *picture, float *coefficients) {
    float half[FREQUENCIES * SIDE];
    NAME(multiply)(cosines, picture, SIDE, half);
    NAME(multiply)(half, cosines + FREQUENCIES * SIDE, FREQUENCIES, coefficients);
}

/*
 * A bit for each coefficient above the lower median: the 128th smallest of 256. Floats as integers that order alike, and then bit by bit
 * from the top the largest integer with fewer than 128 values below it.
 */
TARGET static void NAME(above_median)(const float *values, uint64_t *bits) {
    int32_t keys[BITS];
    for (int i = 0; i < BITS; i++) {
        int32_t raw;
        memcpy(&raw, values + i, sizeof raw);
        keys[i] = (raw >> 31 & INT32_MAX) ^ raw;
    }
    int32_t median = INT32_MIN;
    for (int bit = 31; bit >= 0; bit--) {
        int32_t candidate = (int32_t) ((uint32_t) median ^ 1u << bit);
        int32_t below = 0;
        for (int i = 0; i < BITS; i++) {
            below += keys[i] < candidate;
        }
        median = below < BITS / 2 ? candidate : median;
    }
    int32_t raw = (median >> 31 & INT32_MAX) ^ median;
    float least;
    memcpy(&least, &raw, sizeof least);
    for (int word = 0; word < BITS / 64; word++) {
        uint64_t above = 0;
        for (int i = 0; i < 64; i++) {
            above |= (uint64_t) (values[64 * word + i] > least) << i;
        }
        bits[word] = above;
    }
}

/* The differences of all neighbours of a 64x64 picture, each in percent of 255 and truncated, summed. */
TARGET static int64_t NAME(gradients)(const float *picture) {
    int32_t total = 0;
    for (int i = 0; i < SIDE - 1; i++) {
        for (int j = 0; j < SIDE; j++) {
            int32_t percent = (int32_t) ((picture[i * SIDE + j] - picture[(i + 1) * SIDE + j]) * 100.0f / 255.0f);
            total += percent < 0 ? -percent : percent;
        }
    }
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE - 1; j++) {
            int32_t percent = (int32_t) ((picture[i * SIDE + j] - picture[i * SIDE + j + 1]) * 100.0f / 255.0f);
            total += percent < 0 ? -percent : percent;
        }
    }
    return total;
}
