package org.semblance.bench.harness;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** A connection that knows as little of HTTP/1.1 as our server's answers need, so that the client costs little beside the server. */
public final class Connection implements AutoCloseable {
    private static final int TIMEOUT_MS = 60_000;

    private final Socket socket;
    private final InputStream in;

    /**
     * The answer of a server.
     *
     * @param retryAfterS seconds until a refused request is welcome; 0 if the server does not say
     */
    public record Answer(int status, int retryAfterS, String body) {
        /** Returns this answer if its status is that one. */
        public Answer expect(int expected) {
            if (status != expected) {
                throw new IllegalStateException(status + " (expected: " + expected + "): " + body);
            }
            return this;
        }
    }

    /** Connects to that port of this machine. */
    public Connection(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MS);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** A POST request, ready to be sent. */
    public static byte[] post(String path, String type, byte[] body) {
        byte[] head = ("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type + "\r\nContent-Length: "
                        + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] request = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, request, head.length, body.length);
        return request;
    }

    /** A POST request with that JSON. */
    public static byte[] post(String path, String json) {
        return post(path, "application/json", json.getBytes(StandardCharsets.UTF_8));
    }

    /** A POST request with a picture or a video, to be matched. */
    public static byte[] match(String type, byte[] file) {
        return post("/v1/match", type, file);
    }

    /** This request with the secret of a key. */
    public static byte[] withKey(String secret, byte[] request) {
        int at = 0;
        while (request[at++] != '\n') {
            // The first line ends the search: the field comes behind it.
        }
        byte[] field = ("X-API-Key: " + secret + "\r\n").getBytes(StandardCharsets.US_ASCII);
        byte[] whole = Arrays.copyOf(request, request.length + field.length);
        System.arraycopy(request, at, whole, at + field.length, request.length - at);
        System.arraycopy(field, 0, whole, at, field.length);
        return whole;
    }

    /** Sends a request and reads the answer. */
    public Answer send(byte[] request) throws IOException {
        socket.getOutputStream().write(request);
        int status = Integer.parseInt(line().split(" ", 3)[1]);
        int length = 0;
        int retryAfterS = 0;
        for (String field = field(); !field.isEmpty(); field = field()) {
            if (field.startsWith("content-length: ")) {
                length = Integer.parseInt(field.substring(16));
            } else if (field.startsWith("retry-after: ")) {
                retryAfterS = Integer.parseInt(field.substring(13));
            }
        }
        return new Answer(status, retryAfterS, new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }

    private String field() throws IOException {
        return line().toLowerCase(Locale.ROOT);
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(64);
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the server ended the connection");
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
