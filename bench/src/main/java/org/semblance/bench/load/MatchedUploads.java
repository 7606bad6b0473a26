package org.semblance.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Photos;

/**
 * Uploads of which one in so many matches, each with its number as its reference: hashes, one a request, and a photo now and then.
 * Notes which ones the server said matched.
 */
final class MatchedUploads extends LookupTraffic {
    private static final int WIDTH = 1_024;
    private static final int HEIGHT = 768;
    private static final int PHOTOS = 8;

    private final First banked;
    private final int matching;
    private final int photos;
    private final byte[][] pictures = new byte[PHOTOS][];

    /** The numbers that matched; those of the loop alone until a round has ended. */
    private final List<Long> matched = new ArrayList<>();

    /**
     * Uploads that are made as they are asked for.
     *
     * @param matching one in so many matches
     * @param photos one in so many is a photo; 0 for none
     */
    MatchedUploads(First banked, int matching, int photos) throws IOException {
        this.banked = banked;
        this.matching = matching;
        this.photos = photos;
        for (int i = 0; i < PHOTOS; i++) {
            pictures[i] = Photos.shapes(Banked.SEED + i, WIDTH, HEIGHT);
        }
    }

    /** The photo to be banked: of those that are sent it alone matches. */
    byte[] bankedPhoto() {
        return pictures[0];
    }

    /** The numbers of the uploads that the server said matched, each as often as it said so. */
    List<Long> matched() {
        return matched;
    }

    @Override
    String route() {
        return "/v1/lookup";
    }

    @Override
    int lookups() {
        return 1;
    }

    private boolean matches(long number) {
        return number % matching == 0;
    }

    private boolean isPhoto(long number) {
        return photos > 0 && number % photos == photos - 1;
    }

    @Override
    ByteBuf request(ByteBufAllocator allocator, long number) {
        return isPhoto(number) ? photo(allocator, number) : hash(allocator, number);
    }

    private static ByteBuf head(ByteBufAllocator allocator, String route, long number, int length) {
        String head = "POST " + route + "?reference=" + number
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: " + length
                + "\r\n\r\n";
        ByteBuf request = allocator.buffer(head.length() + length);
        request.writeCharSequence(head, StandardCharsets.US_ASCII);
        return request;
    }

    private ByteBuf hash(ByteBufAllocator allocator, long number) {
        ByteBuf request = head(allocator, "/v1/lookup", number, 4 * Long.BYTES);
        SplittableRandom random = new SplittableRandom(Banked.SEED + 1 + number);
        long[] query = matches(number) ? banked.query(number / matching) : new long[4];
        if (!matches(number)) {
            Arrays.setAll(query, unused -> random.nextLong());
        }
        for (long word : query) {
            request.writeLong(word);
        }
        return request;
    }

    /** A number behind the picture makes each another file, so that all are decoded. */
    private ByteBuf photo(ByteBufAllocator allocator, long number) {
        byte[] picture = pictures[pictureOf(number)];
        return head(allocator, "/v1/match", number, picture.length + Long.BYTES)
                .writeBytes(picture)
                .writeLong(number);
    }

    /** The photo that is banked for one in so many photos, others for the rest. */
    private int pictureOf(long number) {
        long photo = number / photos;
        return photo % matching == 0 ? 0 : 1 + (int) (photo % (PHOTOS - 1));
    }

    @Override
    Answer judge(long number, String body) {
        boolean found = body.contains("\"verdict\":\"match\"");
        if (found) {
            matched.add(number);
        }
        boolean wanted = isPhoto(number) ? pictureOf(number) == 0 : matches(number);
        return answer(wanted, found, !found);
    }
}
