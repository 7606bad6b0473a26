package org.semblance.server.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A server on a free port that does to each request what a test wants, and then ends the connection. */
public final class FakePeer implements AutoCloseable {
    private final ServerSocket socket;
    private final Answering answering;
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

    /** Answers a request by what it writes. */
    @FunctionalInterface
    public interface Answering {
        void answer(String path, OutputStream out) throws IOException, InterruptedException;
    }

    public FakePeer(Answering answering) throws IOException {
        this.answering = answering;
        socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /** One that describes a snapshot of hashes, and answers the request for it in that way. */
    public static FakePeer describing(long bytes, String journalHash, Answering snapshot) throws IOException {
        return new FakePeer((path, out) -> {
            if (path.equals(SnapshotRoutes.PATH)) {
                json(
                        out,
                        200,
                        "{\"snapshots\":[{\"kind\":\"hashes\",\"bytes\":" + bytes
                                + ",\"list_version\":2,\"journal_hash\":\"" + journalHash + "\"}]}");
            } else {
                snapshot.answer(path, out);
            }
        });
    }

    public static void json(OutputStream out, int status, String body) throws IOException {
        head(out, status, "Content-Type: application/json\r\nContent-Length: " + body.length());
        out.write(body.getBytes(StandardCharsets.US_ASCII));
    }

    static void head(OutputStream out, int status, String fields) throws IOException {
        out.write(("HTTP/1.1 " + status + " X\r\nConnection: close\r\n" + fields + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket connection = socket.accept();
                Thread.ofVirtual().start(() -> serve(connection));
            } catch (IOException e) {
                return; // Closed.
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
            String path = "";
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                if (path.isEmpty()) {
                    path = line.split(" ")[1];
                }
                asked.add(line);
            }
            answering.answer(path, connection.getOutputStream());
        } catch (IOException | InterruptedException e) {
            // The client has gone, as some tests want.
        }
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort());
    }

    /** The lines of all heads that came. */
    List<String> asked() {
        return asked;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
