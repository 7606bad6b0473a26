package org.semblance.server.http;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A host of files, as a platform has one for its uploads. */
final class FileHost implements AutoCloseable {
    private final HttpServer server;
    private final List<String> asked = new CopyOnWriteArrayList<>();

    FileHost() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.start();
    }

    /** At {@code 127.0.0.1:PORT}. */
    String name() {
        return "127.0.0.1:" + port();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** The paths that were asked for, in turn. */
    List<String> asked() {
        return asked;
    }

    /** Has a file at that path, of which the type is told unless it is empty. */
    String has(String path, String contentType, byte[] file) {
        return answers(path, 200, contentType.isEmpty() ? List.of() : List.of("Content-Type", contentType), file);
    }

    /** Redirects from that path. */
    String redirects(String path, String location) {
        return answers(path, 302, List.of("Location", location), new byte[0]);
    }

    private String answers(String path, int status, List<String> header, byte[] body) {
        server.createContext(path, exchange -> {
            asked.add(path);
            if (!header.isEmpty()) {
                exchange.getResponseHeaders().set(header.get(0), header.get(1));
            }
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
        return "http://" + name() + path;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
