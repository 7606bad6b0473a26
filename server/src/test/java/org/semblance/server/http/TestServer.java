package org.semblance.server.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.semblance.server.MatchServer;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import tools.jackson.databind.JsonNode;

/** A real server on a free port, and calls to it, of which each answer must be one that {@link OpenApiContract} allows. */
final class TestServer implements AutoCloseable {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final MatchServer server;

    TestServer(Path folder) {
        this(folder, Isolation.NONE);
    }

    TestServer(Path folder, Isolation isolation) {
        this(folder, settings -> settings.isolation(isolation));
    }

    /** @param more sets what differs from the settings of the others */
    TestServer(Path folder, UnaryOperator<ServerConfig.Builder> more) {
        try {
            server = MatchServer.start(more.apply(ServerConfig.builder(folder)
                            .port(0)
                            .hostNames(List.of("t", "a", "x", "test"))
                            .workers(2)
                            .maxBodyBytes(20_000_000)
                            .exchangePollMs(20)
                            .isolation(Isolation.NONE))
                    .build());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An answer, parsed where it is JSON. */
    record Answer(int status, HttpResponse<byte[]> raw) {
        String text() {
            return new String(raw.body(), StandardCharsets.UTF_8);
        }

        JsonNode json() {
            return Json.read(text());
        }

        String header(String name) {
            return raw.headers().firstValue(name).orElse("");
        }
    }

    int port() {
        return server.port();
    }

    Answer get(String path) {
        return send("GET", path, Map.of(), new byte[0]);
    }

    Answer delete(String path) {
        return send("DELETE", path, Map.of(), new byte[0]);
    }

    Answer post(String path, byte[] body) {
        return send("POST", path, Map.of(), body);
    }

    Answer postJson(String path, String json) {
        return sendJson("POST", path, json);
    }

    Answer sendJson(String method, String path, String json) {
        return send(method, path, Map.of("Content-Type", "application/json"), json.getBytes(StandardCharsets.UTF_8));
    }

    /** A form with one file in that field, and other fields. */
    Answer postForm(String path, String fileField, byte[] file, Map<String, String> fields) {
        return postForm(path, List.of(fileField), file, fields);
    }

    Answer postForm(String path, List<String> fileFields, byte[] file, Map<String, String> fields) {
        Form form = form(fileFields, file, fields);
        return send("POST", path, Map.of("Content-Type", form.contentType()), form.body());
    }

    /** A body of several parts. */
    record Form(String contentType, byte[] body) {}

    static Form form(List<String> fileFields, byte[] file, Map<String, String> fields) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        String boundary = "----a-boundary";
        fields.forEach((name, value) -> body.writeBytes(
                ("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n")
                        .getBytes(StandardCharsets.UTF_8)));
        for (String field : fileFields) {
            body.writeBytes(("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + field
                            + "\"; filename=\"f\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                    .getBytes(StandardCharsets.UTF_8));
            body.writeBytes(file);
            body.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
        }
        body.writeBytes(("--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
        return new Form("multipart/form-data; boundary=" + boundary, body.toByteArray());
    }

    Answer send(String method, String path, Map<String, String> headers, byte[] body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                .method(
                        method,
                        body.length == 0
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        headers.forEach(request::header);
        try {
            HttpResponse<byte[]> response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            Answer answer = new Answer(response.statusCode(), response);
            OpenApiContract.INSTANCE.check(method, path, answer);
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
