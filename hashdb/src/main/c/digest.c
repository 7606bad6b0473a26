/*
 * MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4) of the same bytes in one pass. Each of the three is one long chain of
 * instructions that wait for each other, MD5 the longest, and most of the processor idles beside one chain. So four steps of
 * MD5, four rounds of SHA-1 and four of SHA-256 stand in turn: the processor looks ahead far enough to run all three chains at
 * once, and the pass takes as long as MD5 alone. MD5 is in general registers: AVX-512 has its functions in one instruction, but the
 * rotations of vectors take twice as long on some processors, which makes each step longer there.
 */
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>
#include "library.h"

#define BLOCK 64
#define VECTOR 16

/* Of the state that is given: words of each digest, in the order of its standard. See NativeDigester. */
enum { MD5 = 0, SHA1 = 4, SHA256 = 9 };

/* SHA-NI, and SSE4.1 for what moves words about. */
#define TARGET __attribute__((target("sha,sse4.1,ssse3")))

static const uint32_t MD5_TABLE[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

static const uint32_t SHA256_TABLE[64] __attribute__((aligned(VECTOR))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static inline uint32_t word(const uint8_t *data, int number) {
    uint32_t word;
    memcpy(&word, data + sizeof word * number, sizeof word);
    return word;
}

static inline uint32_t rotated(uint32_t x, int bits) { return x << bits | x >> (32 - bits); }

TARGET static inline __m128i load(const void *at) { return _mm_loadu_si128((const __m128i *) at); }
TARGET static inline void store(void *at, __m128i vector) { _mm_storeu_si128((__m128i *) at, vector); }

/* The words of a vector from last to first: the standards' order and that of the instructions. */
TARGET static inline __m128i turned(__m128i x) { return _mm_shuffle_epi32(x, 0x1B); }

/*
 * The functions of the rounds of MD5, each added to a sum. Parentheses leave as little as can be to do after b, which comes last: the
 * halves of G have no bit in common, so an addition takes the place of the or, and the half without b is added early.
 */
#define F(sum, b, c, d) ((sum) + ((d) ^ ((b) & ((c) ^ (d)))))
#define G(sum, b, c, d) (((sum) + ((c) & ~(d))) + ((b) & (d)))
#define H(sum, b, c, d) ((sum) + ((b) ^ ((c) ^ (d))))
#define I(sum, b, c, d) ((sum) + ((c) ^ ((b) | ~(d))))

#define MD5_STEP(function, a, b, c, d, step, number, bits) \
    a = b + rotated(function(a + word(data, (number) % 16) + MD5_TABLE[step], b, c, d), bits)

/* Steps 4 * g and on, which take each word so many places after the one before. */
#define MD5_STEPS(function, g, first, places, bits0, bits1, bits2, bits3) \
    MD5_STEP(function, a, b, c, d, 4 * (g), (first) + (places) * 4 * (g), bits0); \
    MD5_STEP(function, d, a, b, c, 4 * (g) + 1, (first) + (places) * (4 * (g) + 1), bits1); \
    MD5_STEP(function, c, d, a, b, 4 * (g) + 2, (first) + (places) * (4 * (g) + 2), bits2); \
    MD5_STEP(function, b, c, d, a, 4 * (g) + 3, (first) + (places) * (4 * (g) + 3), bits3)

#define MD5_F(g) MD5_STEPS(F, g, 0, 1, 7, 12, 17, 22)
#define MD5_G(g) MD5_STEPS(G, g, 1, 5, 5, 9, 14, 20)
#define MD5_H(g) MD5_STEPS(H, g, 5, 3, 4, 11, 16, 23)
#define MD5_I(g) MD5_STEPS(I, g, 0, 7, 6, 10, 15, 21)

/* Rounds 4 * g and on. Of the four vectors w is the oldest, and becomes that of these rounds. */
#define SHA1_ROUNDS(g, w, w1, w2, w3) \
    w = (g) < 4 ? _mm_shuffle_epi8(load(data + VECTOR * (g)), reversed) \
                : _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(w, w1), w2), w3); \
    next = (g) == 0 ? _mm_add_epi32(e, w) : _mm_sha1nexte_epu32(e, w); \
    e = abcd; \
    abcd = _mm_sha1rnds4_epu32(abcd, next, (g) / 5)

#define SHA256_ROUNDS(g, w, w1, w2, w3) \
    w = (g) < 4 ? _mm_shuffle_epi8(load(data + VECTOR * (g)), big_endian) \
                : _mm_sha256msg2_epu32( \
                      _mm_add_epi32(_mm_sha256msg1_epu32(w, w1), _mm_alignr_epi8(w3, w2, 4)), w3); \
    sums = _mm_add_epi32(w, load(SHA256_TABLE + 4 * (g))); \
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sums); \
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sums, 0x0E))

/* Goes on with all three digests by so many blocks. */
TARGET EXPORT void semblance_digest_sha(uint32_t *state, const uint8_t *data, int64_t blocks) {
    const __m128i reversed = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    uint32_t a = state[MD5], b = state[MD5 + 1], c = state[MD5 + 2], d = state[MD5 + 3];
    __m128i abcd = turned(load(state + SHA1));
    __m128i e = _mm_set_epi32((int) state[SHA1 + 4], 0, 0, 0);
    __m128i abcd256 = turned(load(state + SHA256));
    __m128i efgh256 = turned(load(state + SHA256 + 4));
    __m128i abef = _mm_unpackhi_epi64(efgh256, abcd256);
    __m128i cdgh = _mm_unpacklo_epi64(efgh256, abcd256);
    for (; blocks > 0; blocks--, data += BLOCK) {
        uint32_t a0 = a, b0 = b, c0 = c, d0 = d;
        __m128i abcd0 = abcd, e0 = e, abef0 = abef, cdgh0 = cdgh;
        __m128i v0, v1, v2, v3, next;
        __m128i w0, w1, w2, w3, sums;

        MD5_F(0); SHA1_ROUNDS(0, v0, v1, v2, v3); SHA256_ROUNDS(0, w0, w1, w2, w3);
        MD5_F(1); SHA1_ROUNDS(1, v1, v2, v3, v0); SHA256_ROUNDS(1, w1, w2, w3, w0);
        MD5_F(2); SHA1_ROUNDS(2, v2, v3, v0, v1); SHA256_ROUNDS(2, w2, w3, w0, w1);
        MD5_F(3); SHA1_ROUNDS(3, v3, v0, v1, v2); SHA256_ROUNDS(3, w3, w0, w1, w2);
        SHA1_ROUNDS(4, v0, v1, v2, v3);

        MD5_G(4); SHA1_ROUNDS(5, v1, v2, v3, v0); SHA256_ROUNDS(4, w0, w1, w2, w3);
        MD5_G(5); SHA1_ROUNDS(6, v2, v3, v0, v1); SHA256_ROUNDS(5, w1, w2, w3, w0);
        MD5_G(6); SHA1_ROUNDS(7, v3, v0, v1, v2); SHA256_ROUNDS(6, w2, w3, w0, w1);
        MD5_G(7); SHA1_ROUNDS(8, v0, v1, v2, v3); SHA256_ROUNDS(7, w3, w0, w1, w2);
        SHA1_ROUNDS(9, v1, v2, v3, v0);

        MD5_H(8); SHA1_ROUNDS(10, v2, v3, v0, v1); SHA256_ROUNDS(8, w0, w1, w2, w3);
        MD5_H(9); SHA1_ROUNDS(11, v3, v0, v1, v2); SHA256_ROUNDS(9, w1, w2, w3, w0);
        MD5_H(10); SHA1_ROUNDS(12, v0, v1, v2, v3); SHA256_ROUNDS(10, w2, w3, w0, w1);
        MD5_H(11); SHA1_ROUNDS(13, v1, v2, v3, v0); SHA256_ROUNDS(11, w3, w0, w1, w2);
        SHA1_ROUNDS(14, v2, v3, v0, v1);

        MD5_I(12); SHA1_ROUNDS(15, v3, v0, v1, v2); SHA256_ROUNDS(12, w0, w1, w2, w3);
        MD5_I(13); SHA1_ROUNDS(16, v0, v1, v2, v3); SHA256_ROUNDS(13, w1, w2, w3, w0);
        MD5_I(14); SHA1_ROUNDS(17, v1, v2, v3, v0); SHA256_ROUNDS(14, w2, w3, w0, w1);
        MD5_I(15); SHA1_ROUNDS(18, v2, v3, v0, v1); SHA256_ROUNDS(15, w3, w0, w1, w2);
        SHA1_ROUNDS(19, v3, v0, v1, v2);

        a += a0;
        b += b0;
        c += c0;
        d += d0;
        abcd = _mm_add_epi32(abcd, abcd0);
        e = _mm_sha1nexte_epu32(e, e0);
        abef = _mm_add_epi32(abef, abef0);
        cdgh = _mm_add_epi32(cdgh, cdgh0);
    }
    state[MD5] = a;
    state[MD5 + 1] = b;
    state[MD5 + 2] = c;
    state[MD5 + 3] = d;
    store(state + SHA1, turned(abcd));
    state[SHA1 + 4] = (uint32_t) _mm_extract_epi32(e, 3);
    store(state + SHA256, turned(_mm_unpackhi_epi64(cdgh, abef)));
    store(state + SHA256 + 4, turned(_mm_unpacklo_epi64(cdgh, abef)));
}

/* The forms that this processor can run: 1 for the function above. */
EXPORT int64_t semblance_digest_forms;

__attribute__((constructor)) static void find_forms(void) {
    unsigned eax, ebx = 0, ecx, edx;
    __builtin_cpu_init();
    // Older compilers have no name for SHA-NI that they could be asked by.
    int sha = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx >> 29 & 1);
    semblance_digest_forms = sha && __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
}
