package org.semblance.server.cli.database;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathBuilderException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.BankingDraft;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Signal;
import org.semblance.server.http.Ndjson;
import org.semblance.server.json.ReportJson;
import org.semblance.server.list.ContentJson;
import org.semblance.server.list.ListExport;
import org.semblance.server.list.ListImport;
import org.semblance.server.list.ListOptions;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The database of a server, over HTTP. */
final class ServedDatabase implements Database {
    /** Fields that only a server's answer has: a verb prints the same without one. */
    private static final Set<String> OF_A_SERVER = Set.of("timing_us", "verdict_id", "query");

    /** A bulk of so many lines is one transaction. */
    private static final int CONTENTS_AT_ONCE = 1_000;

    /** So many queries are less than a megabyte of JSON. */
    private static final int QUERIES_AT_ONCE = 5_000;

    private static final int OK = 200;
    private static final int UNAVAILABLE = 503;
    private static final String JSON = "application/json";
    private static final String OCTETS = "application/octet-stream";
    private static final String CONTENT = "/content";

    /** A server that has no capacity is asked again for so long. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration CONNECTING = Duration.ofSeconds(10);

    private final HttpClient client;
    private final String url;
    private final String key;

    /**
     * The database of the server at that address.
     *
     * @param url without a slash at its end
     * @param key the secret of a key, or empty
     * @param trust which certificates are taken
     */
    ServedDatabase(String url, String key, ServerTrust trust) {
        this.client = trust.apply(HttpClient.newBuilder())
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECTING)
                .build();
        this.url = url;
        this.key = key;
    }

    /** Whether the server answers and knows the key. */
    boolean isReady() {
        try {
            return client.send(request("/readyz", "").GET().build(), BodyHandlers.discarding())
                                    .statusCode()
                            == OK
                    && client.send(request("/v1/banks", "").GET().build(), BodyHandlers.discarding())
                                    .statusCode()
                            == OK;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    @Override
    public List<ObjectNode> banks() {
        List<ObjectNode> banks = new ArrayList<>();
        get("/v1/banks").path("banks").forEach(bank -> banks.add((ObjectNode) bank));
        return banks;
    }

    @Override
    public void createBank(String name, BankKind kind, String description, @Nullable Integer threshold, String reason) {
        ObjectNode fields = ReportJson.MAPPER
                .createObjectNode()
                .put("name", name)
                .put("kind", kind.wireName())
                .put("description", description);
        if (threshold != null) {
            fields.put("distance_threshold", threshold);
        }
        send("POST", "/v1/banks", JSON, reason, BodyPublishers.ofString(fields.toString()));
    }

    @Override
    public ObjectNode match(Path file, Set<String> banks, boolean explain) {
        String query = query(banks, explain ? "explain=true" : "");
        ObjectNode answer = send("POST", "/v1/match" + query, OCTETS, "", body(file));
        answer.remove(OF_A_SERVER);
        return answer;
    }

    private static String query(Set<String> banks, String more) {
        String named = banks.isEmpty() ? "" : "banks=" + encoded(String.join(",", banks));
        String both = named.isEmpty() || more.isEmpty() ? named + more : named + "&" + more;
        return both.isEmpty() ? "" : "?" + both;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static BodyPublisher body(Path file) {
        try {
            if (Files.isDirectory(file)) {
                throw new BadInputException(file + ": a folder (expected: a file)");
            }
            return BodyPublishers.ofFile(file);
        } catch (IOException e) {
            throw new BadInputException(file + ": no such file", e);
        }
    }

    @Override
    public List<ObjectNode> lookup(List<Signal> signals, Set<String> banks) {
        List<ObjectNode> queries = signals.stream()
                .map(signal -> ReportJson.MAPPER
                        .createObjectNode()
                        .put("type", signal.type().wireName())
                        .put("hash", signal.value()))
                .toList();
        return lookUp(queries, banks);
    }

    @Override
    public ObjectNode lookup(Features features, Set<String> banks) {
        ObjectNode query = ReportJson.MAPPER.createObjectNode().put("features", features.toBase64());
        return lookUp(List.of(query), banks).getFirst();
    }

    private List<ObjectNode> lookUp(List<ObjectNode> queries, Set<String> banks) {
        List<ObjectNode> results = new ArrayList<>();
        for (int from = 0; from < queries.size(); from += QUERIES_AT_ONCE) {
            List<ObjectNode> some = queries.subList(from, Math.min(queries.size(), from + QUERIES_AT_ONCE));
            ObjectNode body = ReportJson.MAPPER.createObjectNode();
            body.putArray("queries").addAll(some);
            ObjectNode answer = send(
                    "POST",
                    "/v1/lookup" + query(banks, "details=true"),
                    JSON,
                    "",
                    BodyPublishers.ofString(body.toString()));
            int first = results.size();
            for (int i = 0; i < some.size(); i++) {
                ObjectNode miss = ReportJson.MAPPER.createObjectNode().put("verdict", "no_match");
                miss.putArray("matches");
                results.add(miss);
            }
            for (JsonNode hit : answer.path("results")) {
                ObjectNode result = results.get(first + hit.get("query").intValue());
                hit.properties().stream()
                        .filter(field -> !OF_A_SERVER.contains(field.getKey()))
                        .forEach(field -> result.set(field.getKey(), field.getValue()));
            }
        }
        return results;
    }

    @Override
    public ObjectNode add(
            String bank, Path file, BankingDraft.Details details, boolean features, boolean force, String reason) {
        ArrayNode labels = ReportJson.MAPPER.createArrayNode();
        details.labels().forEach(labels::add);
        MultipartFile form = new MultipartFile(body(file));
        form.field("labels", labels.toString());
        form.field("note", details.note());
        form.field("source", details.source());
        form.field("metadata", details.metadata());
        return send(
                "POST",
                bankPath(bank) + CONTENT + "?features=" + features + "&force=" + force,
                form.contentType(),
                reason,
                form.body());
    }

    private static String bankPath(String bank) {
        return "/v1/banks/" + encoded(bank);
    }

    @Override
    public void withdraw(String bank, long id, String reason) {
        send("DELETE", bankPath(bank) + CONTENT + "/" + id, "", reason, BodyPublishers.noBody());
    }

    @Override
    public int mostAtOnce() {
        return CONTENTS_AT_ONCE;
    }

    @Override
    public ListImport.Sink banking(String bank, ListOptions options, LongFunction<String> reason) {
        String path = bankPath(bank) + "/import?force=" + options.force() + "&dry_run=" + options.dryRun()
                + "&if_known=" + options.ifKnown().wireName();
        return (entries, part, entriesRead) -> {
            ByteArrayOutputStream lines = new ByteArrayOutputStream();
            entries.forEach(entry -> lines.writeBytes(Ndjson.line(ContentJson.of(entry))));
            ObjectNode answer = send(
                    "POST",
                    path,
                    Ndjson.MEDIA_TYPE,
                    reason.apply(entriesRead),
                    BodyPublishers.ofByteArray(lines.toByteArray()));
            JsonNode error = answer.path("errors").path(0);
            if (!answer.path("complete").asBoolean(false) || !error.isMissingNode()) {
                throw new ServerRefusedException(
                        url + ": " + answer.path("reason").asString("not all of the list was banked") + " "
                                + error.path("detail").asString(""),
                        null);
            }
            List<Boolean> known = new ArrayList<>();
            answer.path("preview").forEach(one -> known.add(one.path("known").asBoolean(false)));
            return new ListImport.Banked(
                    answer.path("imported").longValue(),
                    answer.path("held").longValue(),
                    answer.path("known").longValue(),
                    known);
        };
    }

    @Override
    public long entriesIn(ImportMark mark, String bank) {
        long id = bank(bank)
                .orElseThrow(() -> new BadInputException("--bank: no bank " + bank))
                .get("id")
                .longValue();
        long entries = 0;
        long after = 0;
        while (true) {
            JsonNode page = get("/v1/journal?after=" + after + "&reason_contains=" + encoded(mark.sha256()));
            List<JournalEntry> rows = new ArrayList<>();
            page.path("entries").forEach(row -> rows.add(journalEntry(row)));
            entries = Math.max(entries, mark.entriesIn(rows, id));
            if (!page.has("next_after")) {
                return entries;
            }
            after = page.get("next_after").longValue();
        }
    }

    private static JournalEntry journalEntry(JsonNode row) {
        return new JournalEntry(
                row.get("seq").longValue(),
                Instant.ofEpochMilli(row.get("at_ms").longValue()),
                row.get("actor").stringValue(),
                row.get("reason").stringValue(),
                row.get("kind").stringValue(),
                row.get("payload").stringValue(),
                row.get("prev_hash").stringValue(),
                row.get("hash").stringValue());
    }

    @Override
    public void export(String bank, ListExport.Wanted wanted, PrintWriter out) {
        if (bank(bank).isEmpty()) {
            throw new BadInputException("--bank: no bank " + bank);
        }
        HttpRequest request =
                request(bankPath(bank) + "/export" + query(wanted), "").GET().build();
        try (InputStream list = answer(request, BodyHandlers.ofInputStream(), ServedDatabase::text);
                Reader reader = new InputStreamReader(list, StandardCharsets.UTF_8)) {
            reader.transferTo(out);
        } catch (IOException e) {
            throw new ServerRefusedException(url + ": the list ended early: " + e.getMessage(), e);
        }
        if (out.checkError()) {
            throw new BadInputException("the list cannot be written: its reader is gone, or the disk is full");
        }
    }

    private static String query(ListExport.Wanted wanted) {
        StringBuilder query =
                new StringBuilder("?format=" + wanted.format().wireName() + "&features=" + wanted.features());
        append(query, "label", wanted.label());
        append(query, "source", wanted.source());
        append(query, "created_from", wanted.createdFrom());
        append(query, "created_before", wanted.createdBefore());
        return query.toString();
    }

    private static void append(StringBuilder query, String parameter, @Nullable Object value) {
        if (value != null) {
            query.append('&').append(parameter).append('=').append(encoded(value.toString()));
        }
    }

    private static String text(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public ObjectNode verify() {
        return send("POST", "/v1/verify", "", "", BodyPublishers.noBody());
    }

    @Override
    public void close() {
        client.close();
    }

    // Requests

    private HttpRequest.Builder request(String path, String reason) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url + path)).header("X-Actor", ascii(OpenDatabase.actor()));
        if (!key.isEmpty()) {
            request.header("Authorization", "Bearer " + key);
        }
        if (!reason.isEmpty()) {
            request.header("X-Reason*", "UTF-8''" + encoded(reason));
        }
        return request;
    }

    private static String ascii(String text) {
        return text.replaceAll("[^\\x20-\\x7e]", "?");
    }

    private ObjectNode get(String path) {
        return object(answer(request(path, "").GET().build(), BodyHandlers.ofString(), text -> text));
    }

    private ObjectNode send(String method, String path, String contentType, String reason, BodyPublisher body) {
        return object(text(method, path, contentType, reason, body));
    }

    private String text(String method, String path, String contentType, String reason, BodyPublisher body) {
        HttpRequest.Builder request = request(path, reason).method(method, body);
        if (!contentType.isEmpty()) {
            request.header("Content-Type", contentType);
        }
        return answer(request.build(), BodyHandlers.ofString(), text -> text);
    }

    private ObjectNode object(String text) {
        try {
            if (text.isBlank()) {
                return ReportJson.MAPPER.createObjectNode();
            }
            if (ReportJson.MAPPER.readTree(text) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            // Told below.
        }
        throw new ServerRefusedException(url + ": not a Semblance server: its answer is not a JSON object", null);
    }

    /** Sends it, again after a while if the server has no capacity. */
    private <T> T answer(HttpRequest request, HttpResponse.BodyHandler<T> handler, Function<T, String> text) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            HttpResponse<T> response;
            try {
                response = client.send(request, handler);
            } catch (IOException e) {
                throw new ServerRefusedException(url + ": does not answer: " + reason(e), e);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
            if (response.statusCode() / 100 == 2) {
                return response.body();
            }
            if (response.statusCode() != UNAVAILABLE || System.nanoTime() - end > 0) {
                throw refusal(response.statusCode(), text.apply(response.body()));
            }
            waitFor(response.headers().firstValueAsLong("Retry-After").orElse(1));
        }
    }

    /** The client's exceptions have no message for a port or a name that is not there, and of TLS one of many classes. */
    private static String reason(IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return "unknown host";
            }
            if (cause instanceof CertPathBuilderException) {
                return "no trusted authority vouches for its certificate (expected: --ca FILE of one that does)";
            }
        }
        if (e.getMessage() != null) {
            return e.getMessage();
        }
        return e instanceof ConnectException ? "connection refused" : e.toString();
    }

    private static void waitFor(long seconds) {
        try {
            TimeUnit.SECONDS.sleep(Math.clamp(seconds, 1, 10));
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted", e);
    }

    private RuntimeException refusal(int status, String body) {
        String detail = body;
        String field = "";
        try {
            JsonNode problem = ReportJson.MAPPER.readTree(body);
            detail = problem.path("detail").asString(body);
            field = problem.path("field").asString("");
        } catch (JacksonException e) {
            // Then the text itself says what is wrong.
        }
        return switch (status) {
            case 401, 403, 429, 500, UNAVAILABLE -> new ServerRefusedException(url + ": " + detail, null);
            case 422 ->
                field.equals("file")
                        ? new BadInputException.Undecodable(detail.replaceFirst("^file: ", ""))
                        : new BadInputException(detail);
            default -> new BadInputException(detail);
        };
    }
}
