package org.semblance.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Photos;

/**
 * Requests that ask a server for lookups, each for others, and what their answers have to be. Some ask for what is banked: for
 * a hash at a known distance of 0 to 31 bits from one that the verb {@code import} banked, or for another file of a banked photo.
 * All else is random, and nowhere near anything.
 */
abstract class LookupTraffic {
    /** How an answer was. */
    enum Answer {
        FOUND,
        NOTHING,
        MISSED,
        FALSE_MATCH
    }

    /** The pattern of the route that is asked, as it is in the metrics. */
    abstract String route();

    /** Hashes that a request asks for, or pictures. */
    abstract int lookups();

    /** The request of that number, from 0, as it goes over the network. */
    abstract ByteBuf request(ByteBufAllocator allocator, long number);

    /** What the body of an answer of status 200 to that request means. */
    abstract Answer judge(long number, String body);

    static Answer answer(boolean banked, boolean found, boolean nothing) {
        if (banked) {
            return found ? Answer.FOUND : Answer.MISSED;
        }
        return nothing ? Answer.NOTHING : Answer.FALSE_MATCH;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The hashes that the verb {@code import} banked first. */
    static final class First {
        private static final int MOST = 100_000;

        private final long[] words;

        /** @param hashes how many there are in all */
        First(long hashes) {
            SplittableRandom random = new SplittableRandom(Banked.SEED);
            words = new long[4 * (int) Math.min(hashes, MOST)];
            Arrays.setAll(words, unused -> random.nextLong());
        }

        /** How far the query of that number is from what is banked. */
        static int distance(long number) {
            return (int) (number % 32);
        }

        /** That query: four words, the highest first. */
        long[] query(long number) {
            SplittableRandom random = new SplittableRandom(number);
            int from = 4 * (int) (number % (words.length / 4));
            long[] query = Arrays.copyOfRange(words, from, from + 4);
            for (int left = distance(number); left > 0; ) {
                int k = random.nextInt(256);
                long bit = 1L << (k & 63);
                if (((query[k >> 6] ^ words[from + (k >> 6)]) & bit) == 0) {
                    query[k >> 6] ^= bit;
                    left--;
                }
            }
            return query;
        }
    }

    /** {@code POST /v1/lookup} with many hashes as octets, one of them banked. */
    static final class Octets extends LookupTraffic {
        private static final int HASH_BYTES = 32;

        private final First banked;
        private final int hashes;
        private final byte[] head;

        Octets(First banked, int hashes) {
            this.banked = banked;
            this.hashes = hashes;
            this.head =
                    ascii("POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
                            + "Content-Length: " + hashes * HASH_BYTES + "\r\n\r\n");
        }

        @Override
        String route() {
            return "/v1/lookup";
        }

        @Override
        int lookups() {
            return hashes;
        }

        private int place(long number) {
            return (int) (number % hashes);
        }

        @Override
        ByteBuf request(ByteBufAllocator allocator, long number) {
            byte[] body = new byte[hashes * HASH_BYTES];
            new SplittableRandom(Banked.SEED + 1 + number).nextBytes(body);
            ByteBuf request =
                    allocator.buffer(head.length + body.length).writeBytes(head).writeBytes(body);
            long[] query = banked.query(number);
            for (int i = 0; i < query.length; i++) {
                request.setLong(head.length + place(number) * HASH_BYTES + 8 * i, query[i]);
            }
            return request;
        }

        /** Those alone that hit something are in the answer. */
        @Override
        Answer judge(long number, String body) {
            int results = body.split("\\{\"query\":", -1).length - 1;
            boolean found = body.contains("{\"query\":" + place(number) + ",\"verdict\":\"match\"")
                    && body.contains("\"distance\":" + First.distance(number) + ",");
            return results > 1 ? Answer.FALSE_MATCH : answer(true, found, false);
        }
    }

    /** {@code GET /m/lookup} with one hash; every fourth is banked. */
    static final class Single extends LookupTraffic {
        private static final byte[] DIGITS = ascii("0123456789abcdef");
        private static final byte[] BEFORE = ascii("GET /m/lookup?signal_type=pdq&signal=");
        private static final byte[] AFTER = ascii(" HTTP/1.1\r\nHost: localhost\r\n\r\n");

        private final First banked;

        Single(First banked) {
            this.banked = banked;
        }

        @Override
        String route() {
            return "/m/lookup";
        }

        @Override
        int lookups() {
            return 1;
        }

        private static boolean isBanked(long number) {
            return number % 4 == 0;
        }

        @Override
        ByteBuf request(ByteBufAllocator allocator, long number) {
            SplittableRandom random = new SplittableRandom(Banked.SEED + 1 + number);
            long[] query = isBanked(number)
                    ? banked.query(number / 4)
                    : new long[] {random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()};
            ByteBuf request =
                    allocator.buffer(BEFORE.length + 64 + AFTER.length).writeBytes(BEFORE);
            for (long word : query) {
                for (int shift = 60; shift >= 0; shift -= 4) {
                    request.writeByte(DIGITS[(int) (word >>> shift) & 15]);
                }
            }
            return request.writeBytes(AFTER);
        }

        @Override
        Answer judge(long number, String body) {
            return answer(
                    isBanked(number),
                    body.contains("\"distance\":\"" + First.distance(number / 4) + "\""),
                    body.strip().equals("{}"));
        }
    }

    /** {@code POST /m/lookup} with a photo of 1.6 megapixels; every second one is banked, as another file. */
    static final class Pictures extends LookupTraffic {
        static final String BANK = "HTTP_LOAD_RUN";
        private static final int PHOTOS = 32;
        private static final int WIDTH = 1_536;
        private static final int HEIGHT = 1_024;

        private static final byte[] PART =
                ascii("--semblance\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"photo.jpg\"\r\n"
                        + "Content-Type: image/jpeg\r\n\r\n");
        private static final byte[] END = ascii("\r\n--semblance--\r\n");

        private final byte[][] photos = new byte[PHOTOS][];
        private final ByteBuf[] beginnings = new ByteBuf[PHOTOS];

        Pictures() throws IOException {
            for (int i = 0; i < PHOTOS; i++) {
                photos[i] = Photos.shapes(Banked.SEED + i, WIDTH, HEIGHT);
                int length = PART.length + photos[i].length + Long.BYTES + END.length;
                byte[] head = ascii("POST /m/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data;"
                        + " boundary=semblance\r\nContent-Length: " + length + "\r\n\r\n");
                beginnings[i] = Unpooled.directBuffer(head.length + length)
                        .writeBytes(head)
                        .writeBytes(PART)
                        .writeBytes(photos[i]);
            }
        }

        private static boolean isBanked(long number) {
            return number % 2 == 0;
        }

        /** Those to bank. */
        byte[][] banked() {
            byte[][] banked = new byte[PHOTOS / 2][];
            Arrays.setAll(banked, i -> photos[2 * i]);
            return banked;
        }

        String size() {
            long bytes = Arrays.stream(photos).mapToLong(photo -> photo.length).sum();
            return WIDTH + "x" + HEIGHT + ", " + bytes / PHOTOS / 1_000 + " kB on average";
        }

        @Override
        String route() {
            return "/m/lookup";
        }

        @Override
        int lookups() {
            return 1;
        }

        /** A number behind the picture makes each another file, so that none is known by its digest and all are decoded. */
        @Override
        ByteBuf request(ByteBufAllocator allocator, long number) {
            ByteBuf end =
                    allocator.buffer(Long.BYTES + END.length).writeLong(number).writeBytes(END);
            return Unpooled.wrappedBuffer(beginnings[(int) (number % PHOTOS)].retainedDuplicate(), end);
        }

        @Override
        Answer judge(long number, String body) {
            return answer(isBanked(number), body.contains("\"" + BANK + "\":[{"), !body.contains("bank_content_id"));
        }
    }
}
