/* Local features for the processors of TARGET; features.c includes this file once for each. */

/* A weighted row of a picture that is reduced, added to the others of an output row, or the first of them. */
TARGET static void NAME(add_row)(const float *row, float weight, float *sum, int64_t width, int64_t first) {
    if (first) {
        for (int64_t x = 0; x < width; x++) {
            sum[x] = row[x] * weight;
        }
    } else {
        for (int64_t x = 0; x < width; x++) {
            sum[x] += row[x] * weight;
        }
    }
}

TARGET static void NAME(reduce_row)(
    const float *restrict sum, const int32_t *restrict firsts, const float *restrict weights, int64_t most,
    int64_t width, uint8_t *restrict out) {
    float values[STRIDE];
    for (int64_t x = 0; x < width; x++) {
        values[x] = 0.5f;
    }
    for (int64_t k = 0; k < most; k++) {
        for (int64_t x = 0; x < width; x++) {
            values[x] += sum[firsts[x] + k] * weights[k * width + x];
        }
    }
    for (int64_t x = 0; x < width; x++) {
        int32_t value = (int32_t) values[x];
        out[x] = (uint8_t) (value < 255 ? value : 255);
    }
}

/* Linear interpolation between four pixels of the level before, in whole numbers. */
TARGET static void NAME(shrink)(
    const uint8_t *restrict from, int64_t from_width, int64_t from_height, uint8_t *restrict to, int64_t width,
    int64_t height) {
    int32_t lefts[STRIDE], parts[STRIDE], tops[STRIDE], below[STRIDE], blended[STRIDE];
    place(from_width, width, lefts, parts);
    place(from_height, height, tops, below);
    for (int64_t y = 0; y < height; y++) {
        const uint8_t *top = from + tops[y] * STRIDE;
        int32_t lower = below[y], upper = 256 - lower;
        for (int64_t x = 0; x < from_width; x++) {
            blended[x] = top[x] * upper + top[x + STRIDE] * lower;
        }
        uint8_t *row = to + y * STRIDE;
        for (int64_t x = 0; x < width; x++) {
            int32_t left = blended[lefts[x]], right = blended[lefts[x] + 1];
            row[x] = (uint8_t) (((left << 8) + (right - left) * parts[x] + (1 << 15)) >> 16);
        }
    }
}

/* Seven pixels by the weights 1, 2, 3, 4, 3, 2, 1 down and then across, rounded once; of those that keep three off the edge. */
TARGET static void NAME(blur)(const uint8_t *restrict plain, uint8_t *restrict blurred, int64_t width, int64_t height) {
    uint16_t sums[STRIDE];
    for (int64_t y = 3; y < height - 3; y++) {
        const uint8_t *row = plain + y * STRIDE;
        for (int64_t x = 0; x < width; x++) {
            const uint8_t *p = row + x;
            sums[x] = (uint16_t) (p[-3 * STRIDE] + p[3 * STRIDE] + 2 * (p[-2 * STRIDE] + p[2 * STRIDE])
                + 3 * (p[-STRIDE] + p[STRIDE]) + 4 * p[0]);
        }
        for (int64_t x = 3; x < width - 3; x++) {
            const uint16_t *s = sums + x;
            uint16_t mean = (uint16_t) (s[-3] + s[3] + 2 * (s[-2] + s[2]) + 3 * (s[-1] + s[1]) + 4 * s[0] + 128);
            blurred[y * STRIDE + x] = (uint8_t) (mean >> 8);
        }
    }
}

#define NEIGHBOUR(i) NAME(load)(at + CIRCLE[i])

/* A bit for each of 64 pixels from a place on: whether it is a corner. */
TARGET static inline uint64_t NAME(corners_at)(const uint8_t *at, int64_t threshold) {
    NAME(pixels) centre = NAME(load)(at);
    NAME(pixels) high = NAME(raised)(centre, threshold), low = NAME(lowered)(centre, threshold);
    uint64_t bright[POINTS], dark[POINTS];
#pragma GCC unroll 4
    for (int i = 0; i < POINTS; i += 4) {
        NAME(pixels) p = NEIGHBOUR(i);
        bright[i] = NAME(above)(p, high);
        dark[i] = NAME(above)(low, p);
    }
    // Nine in a row cover two neighbours of these four.
    uint64_t may_be_bright = (bright[0] | bright[8]) & (bright[4] | bright[12]);
    uint64_t may_be_dark = (dark[0] | dark[8]) & (dark[4] | dark[12]);
    if ((may_be_bright | may_be_dark) == 0) {
        return 0;
    }
#pragma GCC unroll 16
    for (int i = 0; i < POINTS; i++) {
        if (i % 4 != 0) {
            NAME(pixels) p = NEIGHBOUR(i);
            bright[i] = NAME(above)(p, high);
            dark[i] = NAME(above)(low, p);
        }
    }
    uint64_t corners = may_be_bright != 0 ? arcs(bright) : 0;
    return may_be_dark != 0 ? corners | arcs(dark) : corners;
}

/* The highest thresholds at which some corners of a row still are corners, a lane each. */
TARGET static inline void NAME(score)(const uint8_t *row, const int32_t *found, int64_t count, int32_t *scores) {
    int16_t lanes[POINTS][SCORED] __attribute__((aligned(64)));
    for (int64_t lane = 0; lane < count; lane++) {
        const uint8_t *at = row + found[lane];
        for (int i = 0; i < POINTS; i++) {
            lanes[i][lane] = (int16_t) (at[CIRCLE[i]] - at[0]);
        }
    }
    for (int64_t part = 0; part < SCORED; part += SHORTS) {
        if (part >= count) {
            break;
        }
        NAME(shorts) d[POINTS], low[POINTS], high[POINTS], low2[POINTS], high2[POINTS];
#pragma GCC unroll 16
        for (int i = 0; i < POINTS; i++) {
            d[i] = NAME(load_shorts)(&lanes[i][part]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < POINTS; i++) { // two in a row
            low[i] = NAME(least)(d[i], d[(i + 1) % POINTS]);
            high[i] = NAME(most)(d[i], d[(i + 1) % POINTS]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < POINTS; i++) { // four
            low2[i] = NAME(least)(low[i], low[(i + 2) % POINTS]);
            high2[i] = NAME(most)(high[i], high[(i + 2) % POINTS]);
        }
        NAME(shorts) brightest = NAME(least)(NAME(least)(low2[0], low2[4]), d[8]);
        NAME(shorts) darkest = NAME(most)(NAME(most)(high2[0], high2[4]), d[8]);
#pragma GCC unroll 16
        for (int i = 1; i < POINTS; i++) { // eight, and the ninth
            brightest = NAME(most)(brightest,
                NAME(least)(NAME(least)(low2[i], low2[(i + 4) % POINTS]), d[(i + 8) % POINTS]));
            darkest = NAME(least)(darkest,
                NAME(most)(NAME(most)(high2[i], high2[(i + 4) % POINTS]), d[(i + 8) % POINTS]));
        }
        int16_t results[SHORTS] __attribute__((aligned(64)));
        NAME(store_shorts)(results, NAME(most)(brightest, NAME(negated)(darkest)));
        for (int64_t lane = part; lane < count && lane < part + SHORTS; lane++) {
            scores[found[lane]] = results[lane - part] - 1;
        }
    }
}

/*
 * The corners of a level, row by row, that keep the margin off its edges and have the highest score of their neighbours.
 *
 * Returns how many; of each x, y, level and score: see CORNER
 */
TARGET static int64_t NAME(find_corners)(
    const uint8_t *plain, int64_t width, int64_t height, int64_t level, int64_t threshold, int32_t *corners) {
    int32_t scores[3][STRIDE], found[3][STRIDE];
    int64_t counts[3] = {0, 0, 0}, total = 0;
    int64_t from = MARGIN - 1, to_x = width - MARGIN + 1, to_y = height - MARGIN + 1;
    memset(scores, 0, sizeof scores);
    if (to_x - from <= 2) {
        return 0;
    }
    for (int64_t y = from; y < to_y; y++) {
        int32_t *row = scores[y % 3], *own = found[y % 3];
        for (int64_t i = 0; i < counts[y % 3]; i++) {
            row[own[i]] = 0;
        }
        int64_t count = 0;
        const uint8_t *pixels = plain + y * STRIDE;
        for (int64_t x = from; x < to_x; x += 64) {
            uint64_t bits = NAME(corners_at)(pixels + x, threshold);
            int64_t left = to_x - x;
            bits &= left < 64 ? (1ull << left) - 1 : ~0ull;
            for (; bits != 0; bits &= bits - 1) {
                own[count++] = (int32_t) (x + __builtin_ctzll(bits));
            }
        }
        counts[y % 3] = count;
        for (int64_t first = 0; first < count; first += SCORED) {
            NAME(score)(pixels, own + first, count - first < SCORED ? count - first : SCORED, row);
        }
        if (y < from + 2) {
            continue;
        }
        const int32_t *above = scores[(y + 1) % 3], *middle = scores[(y + 2) % 3], *below = row;
        const int32_t *candidates = found[(y + 2) % 3];
        for (int64_t i = 0; i < counts[(y + 2) % 3]; i++) {
            int32_t x = candidates[i], score = middle[x];
            if (x > from && x < to_x - 1 && score > middle[x - 1] && score > middle[x + 1] && score > above[x - 1]
                && score > above[x] && score > above[x + 1] && score > below[x - 1] && score > below[x]
                && score > below[x + 1]) {
                corners[total++] = CORNER(x, y - 1, level, score);
            }
        }
    }
    return total;
}

/* Of patches, the sums of their pixels in a disc, times the row and times the column. */
TARGET static void NAME(moments)(const uint8_t *plain, const int32_t *centres, int64_t count, int32_t *down_across) {
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *patch = plain + centres[i] - RADIUS * STRIDE - RADIUS;
        __m256i left = _mm256_setzero_si256(), right = left;
        int32_t down = 0;
        for (int y = 0; y < PATCH; y++) {
            __m256i disc = _mm256_load_si256((const __m256i *) DISC[y]);
            __m256i row = _mm256_and_si256(_mm256_loadu_si256((const __m256i *) (patch + y * STRIDE)), disc);
            left = _mm256_add_epi16(left, _mm256_cvtepu8_epi16(_mm256_castsi256_si128(row)));
            right = _mm256_add_epi16(right, _mm256_cvtepu8_epi16(_mm256_extracti128_si256(row, 1)));
            __m256i sums = _mm256_sad_epu8(row, _mm256_setzero_si256());
            __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
            down += (y - RADIUS) * (int32_t) (_mm_extract_epi64(half, 0) + _mm_extract_epi64(half, 1));
        }
        int16_t columns[PATCH + 1] __attribute__((aligned(32)));
        _mm256_store_si256((__m256i *) columns, left);
        _mm256_store_si256((__m256i *) (columns + 16), right);
        int32_t across = 0;
        for (int x = 0; x < PATCH; x++) {
            across += (x - RADIUS) * columns[x];
        }
        down_across[2 * i] = down;
        down_across[2 * i + 1] = across;
    }
}

/* Describes patches: a bit for each test whose first pixel is darker than the second. */
TARGET static void NAME(describe)(
    const uint8_t *blurred, const int32_t *centres, const int32_t *angles, int64_t count, const int16_t *offsets,
    uint64_t *descriptors) {
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *at = blurred + centres[i];
        const int16_t *ends = offsets + (int64_t) angles[i] * 2 * 64 * WORDS;
        for (int word = 0; word < WORDS; word++) {
            uint64_t bits = 0;
            for (int bit = 0; bit < 64; bit++, ends += 2) {
                bits |= (uint64_t) (at[ends[0]] < at[ends[1]]) << bit;
            }
            descriptors[WORDS * i + word] = bits;
        }
    }
}
