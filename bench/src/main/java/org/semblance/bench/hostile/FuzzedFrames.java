package org.semblance.bench.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Connections of HTTP/2 (RFC 9113) that are nearly right: requests on several streams at a time, in frames of which some are
 * not allowed where they stand, some have wrong lengths, flags or streams, some header blocks are no HPACK (RFC 7541), and
 * some come by the thousand. Not thread-safe.
 */
final class FuzzedFrames {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;
    static final int FRAME_HEADER_BYTES = 9;

    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int PADDED = 8;
    private static final int WITH_PRIORITY = 32;
    private static final int MAX_FRAME_BYTES = 16_384;
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int[] NUMBERS = {0, 1, 5, 100, 16_383, 65_535, 65_536, 1 << 24, Integer.MAX_VALUE, -1};

    private final Random random;
    private final FuzzedRequests requests;

    FuzzedFrames(Random random, FuzzedRequests requests) {
        this.random = random;
        this.requests = requests;
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private int number() {
        return oneIn(3) ? random.nextInt() : NUMBERS[random.nextInt(NUMBERS.length)];
    }

    private byte[] noise(int most) {
        byte[] noise = new byte[random.nextInt(most + 1)];
        random.nextBytes(noise);
        return noise;
    }

    /** All that a client sends on one connection. */
    byte[] next() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(PREFACE);
        out.writeBytes(oneIn(8) ? control(1) : frame(SETTINGS, 0, 0, oneIn(3) ? settings() : new byte[0]));
        int streams = oneIn(12) ? random.nextInt(130) : 1 + random.nextInt(5);
        Deque<Deque<byte[]>> waiting = new ArrayDeque<>();
        int stream = 1;
        for (int i = 0; i < streams; i++) {
            waiting.add(frames(oneIn(60) ? random.nextInt(2 * streams + 2) : stream));
            stream += 2;
        }
        List<Deque<byte[]>> begun = new ArrayList<>();
        while (!waiting.isEmpty() || !begun.isEmpty()) {
            if (begun.isEmpty() || !waiting.isEmpty() && oneIn(3)) {
                begun.add(waiting.remove()); // Streams begin in the order of their numbers.
            }
            Deque<byte[]> one = begun.get(random.nextInt(begun.size()));
            byte[] frame = one.poll();
            if (frame == null) {
                begun.remove(one);
            } else {
                out.writeBytes(frame);
            }
            if (oneIn(12)) {
                out.writeBytes(control(1 + random.nextInt(stream)));
            }
        }
        if (oneIn(12)) {
            flood(out, stream);
        }
        byte[] all = out.toByteArray();
        for (int k = oneIn(12) ? 1 + random.nextInt(4) : 0; k > 0; k--) {
            all[PREFACE.length + random.nextInt(all.length - PREFACE.length)] = (byte) random.nextInt(256);
        }
        return all;
    }

    /** A request on that stream, frame by frame, and at times what may not follow its end. */
    private Deque<byte[]> frames(int stream) {
        FuzzedRequests.Parts parts = requests.parts();
        byte[] body = parts.body();
        Deque<byte[]> frames = new ArrayDeque<>();
        boolean ends = body.length == 0 && !oneIn(4);
        frames.add(head(stream, block(parts), ends));
        for (int at = 0; at < body.length; ) {
            int length = Math.min(body.length - at, 1 + random.nextInt(oneIn(4) ? 50 : MAX_FRAME_BYTES));
            byte[] piece = Arrays.copyOfRange(body, at, at + length);
            at += length;
            boolean last = at == body.length;
            frames.add(
                    oneIn(6)
                            ? padded(DATA, last ? END_STREAM : 0, stream, piece)
                            : frame(DATA, last ? END_STREAM : 0, stream, piece));
            if (oneIn(200)) {
                break; // The rest never comes.
            }
        }
        if (body.length == 0 && !ends) {
            frames.add(
                    oneIn(2)
                            ? frame(DATA, END_STREAM, stream, new byte[0])
                            : head(stream, field("x-actor", "trailer"), true));
        }
        for (int more = oneIn(8) ? 1 + random.nextInt(3) : 0; more > 0; more--) {
            frames.add(control(stream));
        }
        return frames;
    }

    // Header blocks

    private byte[] block(FuzzedRequests.Parts parts) {
        List<byte[]> pseudo = new ArrayList<>(List.of(
                oneIn(3) && parts.method().equals("GET") ? new byte[] {(byte) 0x82} : field(":method", parts.method()),
                field(":path", parts.target()),
                oneIn(2) ? new byte[] {(byte) 0x86} : field(":scheme", oneIn(20) ? "ftp" : "https"),
                field(":authority", oneIn(30) ? "" : "localhost")));
        if (oneIn(3)) {
            Collections.shuffle(pseudo, random);
        }
        if (oneIn(40)) {
            pseudo.remove(random.nextInt(pseudo.size()));
        } else if (oneIn(40)) {
            pseudo.add(pseudo.get(random.nextInt(pseudo.size())));
        } else if (oneIn(60)) {
            pseudo.add(field(":status", "200"));
        }
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        pseudo.forEach(block::writeBytes);
        for (String line : parts.fields()) {
            int colon = line.indexOf(':');
            String name = colon < 0 ? line : line.substring(0, colon);
            block.writeBytes(field(
                    oneIn(80) ? name : name.toLowerCase(Locale.ROOT),
                    colon < 0 ? "" : line.substring(colon + 1).strip()));
        }
        if (oneIn(20)) {
            block.writeBytes(oneIn(2) ? noise(40) : nonsense());
        }
        return block.toByteArray();
    }

    /** What HPACK forbids, or allows and should not cost much. */
    private byte[] nonsense() {
        return switch (random.nextInt(6)) {
            case 0 -> new byte[] {(byte) 0x80}; // the field 0
            case 1 -> new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f}; // a field of no table
            case 2 -> new byte[] {0x3f, (byte) 0xe1, (byte) 0xff, 0x7f}; // a large table, in the midst of a block
            case 3 -> new byte[] {0, (byte) 0x81, 0, (byte) 0x84, -1, -1, -1, -1}; // Huffman's end of a string
            case 4 -> new byte[] {0x40, 0x7f, -1, -1, -1, -1, 0x0f}; // a name that is longer than the block
            default -> {
                // One field of the table, a thousand times.
                byte[] first = field("x-long", "y".repeat(3_000));
                first[0] = 0x40;
                byte[] many = Arrays.copyOf(first, first.length + 1_000);
                Arrays.fill(many, first.length, many.length, (byte) 0xbe);
                yield many;
            }
        };
    }

    /** A field, literally, in one of the three ways. */
    private byte[] field(String name, String value) {
        ByteArrayOutputStream field = new ByteArrayOutputStream();
        field.write(oneIn(4) ? 0x40 : oneIn(2) ? 0x10 : 0);
        for (String text : List.of(name, value)) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            int rest = bytes.length - 127;
            field.write(Math.min(bytes.length, 127));
            if (rest >= 0) {
                for (; rest >= 128; rest >>= 7) {
                    field.write(rest & 127 | 128);
                }
                field.write(rest);
            }
            field.writeBytes(bytes);
        }
        return field.toByteArray();
    }

    /** In one frame, or in several. */
    private byte[] head(int stream, byte[] block, boolean ends) {
        int flags = ends ? END_STREAM : 0;
        if (oneIn(10) && block.length < MAX_FRAME_BYTES - 300) {
            return padded(HEADERS, flags | END_HEADERS, stream, block);
        }
        if (oneIn(10) && block.length < MAX_FRAME_BYTES - 300) {
            byte[] payload = ByteBuffer.allocate(5 + block.length)
                    .putInt(oneIn(4) ? stream : number())
                    .put((byte) random.nextInt())
                    .put(block)
                    .array();
            return frame(HEADERS, flags | END_HEADERS | WITH_PRIORITY, stream, payload);
        }
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        int type = HEADERS;
        int at = 0;
        do {
            int length = Math.min(block.length - at, oneIn(6) ? random.nextInt(100) : MAX_FRAME_BYTES);
            byte[] piece = Arrays.copyOfRange(block, at, at + length);
            at += length;
            int end = at == block.length && !oneIn(100) ? END_HEADERS : 0;
            frames.writeBytes(frame(type, (type == HEADERS ? flags : 0) | end, stream, piece));
            type = CONTINUATION;
            if (oneIn(60)) {
                frames.writeBytes(control(stream)); // Nothing may come between.
            }
        } while (at < block.length);
        return frames.toByteArray();
    }

    // Frames

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(FRAME_HEADER_BYTES + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    private byte[] padded(int type, int flags, int stream, byte[] content) {
        int padding = random.nextInt(oneIn(2) ? 256 : 4);
        byte[] payload = new byte[1 + content.length + padding];
        payload[0] = (byte) (oneIn(30) ? 255 : padding);
        System.arraycopy(content, 0, payload, 1, content.length);
        return frame(type, flags | PADDED, stream, payload);
    }

    private static byte[] four(int number) {
        return ByteBuffer.allocate(4).putInt(number).array();
    }

    private byte[] settings() {
        ByteBuffer settings = ByteBuffer.allocate(6 * (1 + random.nextInt(5)));
        while (settings.hasRemaining()) {
            settings.putShort((short) random.nextInt(9)).putInt(number());
        }
        return oneIn(20) ? Arrays.copyOf(settings.array(), 5) : settings.array();
    }

    /** A frame that is no part of a request, or that is where it may not be. */
    private byte[] control(int stream) {
        int of = oneIn(3) ? 0 : oneIn(20) ? number() : stream;
        return switch (random.nextInt(13)) {
            case 0 -> frame(WINDOW_UPDATE, 0, of, four(number()));
            case 1 -> frame(WINDOW_UPDATE, 0, 0, four(1 + random.nextInt(100_000)));
            case 2 -> frame(SETTINGS, oneIn(4) ? 1 : 0, oneIn(20) ? of : 0, settings());
            case 3 -> frame(PING, oneIn(3) ? 1 : 0, oneIn(20) ? of : 0, new byte[oneIn(10) ? 7 : 8]);
            case 4 -> frame(RST_STREAM, 0, of, four(number()));
            case 5 ->
                frame(
                        PRIORITY,
                        0,
                        of,
                        ByteBuffer.allocate(5).putInt(oneIn(3) ? of : number()).array());
            case 6 -> frame(DATA, random.nextInt(16), of, noise(200));
            case 7 -> frame(HEADERS, END_HEADERS | random.nextInt(2), of, field("x-late", "1"));
            case 8 -> frame(CONTINUATION, END_HEADERS, of, noise(30));
            case 9 -> frame(PUSH_PROMISE, END_HEADERS, of, four(2));
            case 10 ->
                oneIn(4) ? frame(GOAWAY, 0, 0, new byte[8]) : frame(10 + random.nextInt(246), 255, of, noise(50));
            case 11 -> frame(random.nextInt(10), random.nextInt(256), of, noise(oneIn(10) ? 20_000 : 20));
            default -> {
                byte[] frame = frame(random.nextInt(10), 0, of, noise(40));
                frame[random.nextInt(3)] = (byte) random.nextInt(256); // A length that it does not have.
                yield frame;
            }
        };
    }

    /** What costs a client little, as often as it can. */
    private void flood(ByteArrayOutputStream out, int stream) {
        int times = random.nextInt(3_000);
        byte[] head = frame(HEADERS, END_HEADERS, stream, block(requests.parts()));
        int kind = random.nextInt(7);
        if (kind > 3) {
            if (kind == 4) {
                head[4] = 0; // goes on in continuations
            }
            out.writeBytes(head);
        }
        for (int i = 0; i < times; i++) {
            switch (kind) {
                case 0 -> {
                    ByteBuffer.wrap(head).putInt(5, stream + 2 * i);
                    out.writeBytes(head);
                    out.writeBytes(frame(RST_STREAM, 0, stream + 2 * i, four(8)));
                }
                case 1 -> out.writeBytes(frame(SETTINGS, 0, 0, new byte[0]));
                case 2 -> out.writeBytes(frame(PING, 0, 0, new byte[8]));
                case 3 -> out.writeBytes(frame(PRIORITY, 0, stream + 2 * i, new byte[5]));
                case 4 -> out.writeBytes(frame(CONTINUATION, 0, stream, new byte[0]));
                case 5 -> out.writeBytes(frame(DATA, 0, stream, new byte[0]));
                default -> out.writeBytes(frame(WINDOW_UPDATE, 0, stream, four(1)));
            }
        }
    }
}
