package org.semblance.server.http;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A client that sends exactly the bytes it is told to, for what no HTTP client would do. */
final class RawClient implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;

    /** Names of header fields are lower case. */
    record Answer(int status, Map<String, String> headers, String body) {}

    RawClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(15_000);
        socket.setTcpNoDelay(true);
        in = new java.io.BufferedInputStream(socket.getInputStream());
    }

    RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /** Reads one answer, with the body that its Content-Length announces. */
    Answer read() throws IOException {
        return read(true);
    }

    Answer read(boolean withBody) throws IOException {
        String[] status = line().split(" ", 3);
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        byte[] body =
                withBody ? in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0"))) : new byte[0];
        return new Answer(Integer.parseInt(status[1]), headers, new String(body, StandardCharsets.UTF_8));
    }

    /** Reads one answer in chunks. */
    Answer readChunked() throws IOException {
        Answer head = read(false);
        if (!"chunked".equals(head.headers.get("transfer-encoding"))) {
            throw new IOException("not in chunks: " + head);
        }
        return new Answer(head.status, head.headers, new String(chunks().readAllBytes(), StandardCharsets.UTF_8));
    }

    /** The body of an answer in chunks, whose head has been read, as it comes. */
    InputStream chunks() {
        return new InputStream() {
            private int left;
            private boolean ended;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int from, int most) throws IOException {
                if (left == 0 && !ended) {
                    left = Integer.parseInt(line(), 16);
                    if (left == 0) {
                        ended = true;
                        line();
                    }
                }
                if (ended) {
                    return -1;
                }
                int read = in.read(bytes, from, Math.min(most, left));
                if (read < 0) {
                    throw new EOFException("connection ended within a chunk");
                }
                left -= read;
                if (left == 0) {
                    line();
                }
                return read;
            }
        };
    }

    /** Reads one answer that ends with the connection. */
    Answer readToEnd() throws IOException {
        Answer head = read(false);
        return new Answer(head.status, head.headers, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("connection ended after: " + line);
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    /** Whether no byte of an answer is here yet. */
    boolean nothingCame() throws IOException {
        return in.available() == 0;
    }

    /** Whether the server has ended the connection in order: an end of stream, no reset. */
    boolean atEnd() throws IOException {
        return in.read() < 0;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
