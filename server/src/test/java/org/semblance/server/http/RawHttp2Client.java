package org.semblance.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Sends exactly the frames of HTTP/2 that it is told to, for what no HTTP client would do. */
final class RawHttp2Client implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;

    private final Socket socket;
    private final OutputStream out;
    private final DataInputStream in;
    private final DefaultHttp2HeadersDecoder hpack = new DefaultHttp2HeadersDecoder();
    private final Map<Integer, Answer> answers = new HashMap<>();

    /** How many bytes the server takes at the moment: of all streams, and of each. */
    private final AtomicLong connectionWindow = new AtomicLong(65_535);

    private final Map<Integer, Long> streamWindows = new ConcurrentHashMap<>();
    private volatile long initialWindow = 65_535;

    record Frame(int type, int flags, int stream, byte[] payload) {
        long number() {
            return ByteBuffer.wrap(payload, payload.length - (type == GOAWAY ? payload.length - 4 : 4), 4)
                            .getInt()
                    & 0xffff_ffffL;
        }

        boolean has(int flag) {
            return (flags & flag) != 0;
        }
    }

    /** What came of one stream so far. */
    static final class Answer {
        int status;
        final Map<String, String> headers = new HashMap<>();
        final ByteArrayOutputStream body = new ByteArrayOutputStream();
        boolean ended;

        /** The code of the reset, or -1. */
        long reset = -1;

        String text() {
            return body.toString(StandardCharsets.UTF_8);
        }
    }

    /** A connection that says at once that it speaks HTTP/2. */
    RawHttp2Client(int port) throws IOException {
        this(new Socket(InetAddress.getLoopbackAddress(), port));
        out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        send(SETTINGS, 0, 0, new byte[0]);
    }

    /** Goes on with a connection that has changed to HTTP/2. */
    RawHttp2Client(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(20_000);
        socket.setTcpNoDelay(true);
        out = socket.getOutputStream();
        in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
    }

    static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    RawHttp2Client send(int type, int flags, int stream, byte[] payload) throws IOException {
        return send(frame(type, flags, stream, payload));
    }

    /** May be called while another thread reads. */
    synchronized RawHttp2Client send(byte[] bytes) throws IOException {
        out.write(bytes);
        return this;
    }

    /** Header fields as HPACK has them without tables or Huffman's code. */
    static byte[] block(String... namesAndValues) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            block.write(0);
            for (String text : List.of(namesAndValues[i], namesAndValues[i + 1])) {
                byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
                if (bytes.length < 127) {
                    block.write(bytes.length);
                } else {
                    block.write(127);
                    int rest = bytes.length - 127;
                    for (; rest >= 128; rest >>= 7) {
                        block.write(rest & 127 | 128);
                    }
                    block.write(rest);
                }
                block.writeBytes(bytes);
            }
        }
        return block.toByteArray();
    }

    RawHttp2Client request(int stream, boolean whole, String method, String path, String... more) throws IOException {
        List<String> fields =
                new ArrayList<>(List.of(":method", method, ":scheme", "http", ":path", path, ":authority", "test"));
        fields.addAll(List.of(more));
        return send(HEADERS, END_HEADERS | (whole ? END_STREAM : 0), stream, block(fields.toArray(String[]::new)));
    }

    RawHttp2Client get(int stream, String path, String... more) throws IOException {
        return request(stream, true, "GET", path, more);
    }

    /** Sends a body as fast as the server's windows allow, and its end. */
    void body(int stream, byte[] body) throws IOException {
        int sent = send(stream, body, 0);
        while (sent < body.length) {
            take(read());
            sent = send(stream, body, sent);
        }
        send(DATA, END_STREAM, stream, new byte[0]);
    }

    /** Sends of a body what the server's windows allow now, from that byte on. Returns how far it came. */
    int send(int stream, byte[] body, int from) throws IOException {
        while (from < body.length) {
            long window = Math.min(connectionWindow.get(), streamWindows.getOrDefault(stream, 0L) + initialWindow);
            int length = (int) Math.min(Math.min(window, 16_384), body.length - from);
            if (length <= 0) {
                break;
            }
            send(DATA, 0, stream, java.util.Arrays.copyOfRange(body, from, from + length));
            connectionWindow.addAndGet(-length);
            streamWindows.merge(stream, (long) -length, Long::sum);
            from += length;
        }
        return from;
    }

    RawHttp2Client reset(int stream) throws IOException {
        return send(RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8});
    }

    RawHttp2Client window(int stream, int bytes) throws IOException {
        return send(windowUpdate(stream, bytes));
    }

    private static byte[] windowUpdate(int stream, int bytes) {
        return frame(
                WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(bytes).array());
    }

    /** Sends what a client sends by itself. */
    private void reply(byte[] bytes) throws IOException {
        try {
            send(bytes);
        } catch (SocketException e) {
            // The server has closed meanwhile; what it said before is still to be read.
        }
    }

    /** The next frame, as it is. */
    Frame read() throws IOException {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        return new Frame(type, flags, stream, in.readNBytes(length));
    }

    /** Does with a frame what a client does. */
    Frame take(Frame frame) throws IOException {
        Answer answer = answers.computeIfAbsent(frame.stream, unused -> new Answer());
        switch (frame.type) {
            case SETTINGS -> {
                if (!frame.has(ACK)) {
                    for (ByteBuffer settings = ByteBuffer.wrap(frame.payload); settings.hasRemaining(); ) {
                        int id = settings.getShort();
                        int value = settings.getInt();
                        if (id == 4) {
                            initialWindow = value;
                        }
                    }
                    reply(frame(SETTINGS, ACK, 0, new byte[0]));
                }
            }
            case WINDOW_UPDATE -> {
                if (frame.stream == 0) {
                    connectionWindow.addAndGet(frame.number());
                } else {
                    streamWindows.merge(frame.stream, frame.number(), Long::sum);
                }
            }
            case HEADERS -> {
                ByteBuf block = Unpooled.wrappedBuffer(frame.payload);
                try {
                    Http2Headers headers = hpack.decodeHeaders(frame.stream, block);
                    answer.status = Integer.parseInt(headers.status().toString());
                    headers.forEach(field -> answer.headers.put(
                            field.getKey().toString(), field.getValue().toString()));
                } catch (Http2Exception e) {
                    throw new IOException(e);
                }
                answer.ended |= frame.has(END_STREAM);
            }
            case DATA -> {
                answer.body.writeBytes(frame.payload);
                answer.ended |= frame.has(END_STREAM);
            }
            case RST_STREAM -> answer.reset = frame.number();
            default -> {
                // A ping's answer, or the end of the connection, which the caller looks at.
            }
        }
        return frame;
    }

    /** Reads until that stream's answer has ended, by its end or by a reset. */
    Answer answer(int stream) throws IOException {
        Answer answer = answers.computeIfAbsent(stream, unused -> new Answer());
        while (!answer.ended && answer.reset < 0) {
            Frame frame = take(read());
            if (frame.type == DATA && frame.payload.length > 0) {
                reply(windowUpdate(0, frame.payload.length));
                if (!frame.has(END_STREAM)) {
                    reply(windowUpdate(frame.stream, frame.payload.length));
                }
            }
        }
        return answer;
    }

    /** The body of that stream's answer, as it comes. */
    InputStream body(int stream) {
        return new InputStream() {
            private byte[] piece = new byte[0];
            private int at;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int from, int most) throws IOException {
                Answer answer = soFar(stream);
                while (at == piece.length && !answer.ended) {
                    if (answer.reset >= 0) {
                        throw new IOException("reset: " + answer.reset);
                    }
                    Frame frame = take(RawHttp2Client.this.read());
                    if (frame.type == DATA && frame.payload.length > 0) {
                        reply(windowUpdate(0, frame.payload.length));
                        reply(windowUpdate(stream, frame.payload.length));
                        piece = frame.payload;
                        at = 0;
                        answer.body.reset();
                    }
                }
                if (at == piece.length) {
                    return -1;
                }
                int read = Math.min(most, piece.length - at);
                System.arraycopy(piece, at, bytes, from, read);
                at += read;
                return read;
            }
        };
    }

    /** What came of that stream until now. */
    Answer soFar(int stream) {
        return answers.computeIfAbsent(stream, unused -> new Answer());
    }

    /** Reads until the server says that it goes away. Returns the code. */
    long goAway() throws IOException {
        while (true) {
            Frame frame = take(read());
            if (frame.type == GOAWAY) {
                return ByteBuffer.wrap(frame.payload, 4, 4).getInt();
            }
        }
    }

    /** Reads until the connection ends. */
    void awaitEnd() throws IOException {
        try {
            while (true) {
                take(read());
            }
        } catch (EOFException | SocketException e) {
            // As expected: in order, or by a reset of a connection that was still sending.
        }
    }

    int available() throws IOException {
        return in.available();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
