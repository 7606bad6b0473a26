package org.semblance.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.HashDb;
import org.semblance.server.MatchServer;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.config.TlsFiles;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.json.ReportJson;
import org.semblance.server.tls.TestCertificate;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/** Each verb gives the same output and exit code on a folder, beside the server that has it, and from another machine. */
class VerbsBesideServerTest {
    private static final int HASHES = 10_000;

    @TempDir
    private Path folder;

    private record Ran(int exit, String out, String err) {}

    private static Ran run(List<String> args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] array = args.toArray(String[]::new);
        CommandLine line = Main.commandLine(array).setOut(new PrintWriter(out)).setErr(new PrintWriter(err, true));
        int exit = line.execute(array);
        line.getOut().flush();
        return new Ran(exit, out.toString(), err.toString());
    }

    /** How a verb is told which database it works on. */
    private record Where(List<String> options) {
        static Where folder(Path data) {
            return new Where(List.of("--data", data.toString()));
        }

        Ran run(String... verb) {
            List<String> args = new ArrayList<>(List.of(verb));
            args.addAll(options);
            return VerbsBesideServerTest.run(args);
        }
    }

    private Path file(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
    }

    private static MatchServer start(Path data, UnaryOperator<ServerConfig.Builder> more) throws IOException {
        return MatchServer.start(
                more.apply(ServerConfig.builder(data).set(Setting.PORT, 0).set(Setting.WORKERS, 2))
                        .build());
    }

    /** What all verbs print, one after the other, on a database that has nothing yet. */
    private List<String> story(Where where) throws IOException {
        Path photo = file("photo.jpg", Pictures.jpeg(Pictures.photo(1, 400, 300), 0.9));
        Path copy = file("copy.jpg", Pictures.jpeg(Pictures.scaled(Pictures.photo(1, 400, 300), 0.5), 0.6));
        Path mirrored =
                file("mirrored.png", Pictures.png(Pictures.photo(1, 400, 300).getSubimage(20, 20, 350, 260)));
        Path other = file("other.jpg", Pictures.jpeg(Pictures.photo(2, 400, 300), 0.9));
        Path flat = file("flat.png", Pictures.png(Pictures.flat(200, 200)));
        Path gif = file(
                "clip.gif",
                Pictures.gif(
                        1000,
                        Pictures.photo(11, 200, 200),
                        Pictures.photo(12, 200, 200),
                        Pictures.photo(13, 200, 200),
                        Pictures.photo(14, 200, 200),
                        Pictures.photo(15, 200, 200),
                        Pictures.photo(16, 200, 200)));
        Path broken = file("broken.jpg", new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff, 1, 2, 3});
        Path list = file(
                "list.csv",
                "signal_type,hash\npdq,%s\nmd5,%s\n"
                        .formatted("1f".repeat(32), "2e".repeat(16))
                        .getBytes(StandardCharsets.UTF_8));
        Path features = file(
                "copy.orb",
                run(List.of("hash", "--features", copy.toString())).out.getBytes(StandardCharsets.UTF_8));
        String md5 = run(List.of("hash", "--json", photo.toString()))
                .out
                .replaceAll("(?s).*\"type\":\"md5\",\"hash\":\"(\\w+)\".*", "$1");
        List<String[]> verbs = List.of(
                new String[] {"bank", "create", "KNOWN", "--description", "größer als null", "--threshold", "30"},
                new String[] {"bank", "create", "KNOWN"},
                new String[] {"bank", "create", "FINE", "--allow"},
                new String[] {"bank", "create", "lower case"},
                new String[] {"bank", "list"},
                new String[] {"bank", "list", "--json"},
                new String[] {
                    "bank",
                    "add",
                    "KNOWN",
                    photo.toString(),
                    "--label",
                    "a, b",
                    "--note",
                    "mit „Anführung“",
                    "--reason",
                    "naïve + 1 %"
                },
                new String[] {"bank", "add", "KNOWN", gif.toString(), broken.toString(), flat.toString(), "--json"},
                new String[] {"bank", "add", "NOPE", photo.toString()},
                new String[] {
                    "bank", "add", "KNOWN", folder.resolve("missing.jpg").toString()
                },
                new String[] {
                    "match",
                    photo.toString(),
                    copy.toString(),
                    mirrored.toString(),
                    other.toString(),
                    flat.toString(),
                    gif.toString()
                },
                new String[] {"match", "--json", photo.toString(), copy.toString(), mirrored.toString(), gif.toString()
                },
                new String[] {"match", "--fail-on-match", copy.toString()},
                new String[] {"match", "--fail-on-match", "--banks", "FINE", copy.toString()},
                new String[] {"match", "--banks", "KNWON", copy.toString()},
                new String[] {"match", broken.toString()},
                new String[] {"lookup", "--type", "md5", md5, "--json"},
                new String[] {"lookup", "--type", "md5", md5, "--fail-on-match"},
                new String[] {"lookup", "--features", features.toString()},
                new String[] {"lookup", "--features", features.toString(), "--json", "--fail-on-match"},
                new String[] {"lookup", "ab".repeat(32), "1f".repeat(32)},
                new String[] {"import", "--bank", "LIST", list.toString()},
                new String[] {"import", "--bank", "LIST", list.toString()},
                new String[] {"lookup", "1f".repeat(32), "--json", "--fail-on-match"},
                new String[] {"lookup", "1f".repeat(32), "--banks", "KNOWN", "--json", "--fail-on-match"},
                new String[] {"export", "--bank", "LIST"},
                new String[] {"export", "--bank", "KNOWN"},
                new String[] {"export", "--bank", "KNOWN", "--format", "ndjson"},
                new String[] {"export", "--bank", "KNOWN", "--format", "ndjson", "--no-features", "--label", "a, b"},
                new String[] {"import", "--bank", "KNOWN", "--dry-run", list.toString()},
                new String[] {"export", "--bank", "NOPE"},
                new String[] {"bank", "remove", "KNOWN", "1", "--reason", "wrong"},
                new String[] {"bank", "remove", "KNOWN", "999"},
                new String[] {"match", "--fail-on-match", copy.toString()},
                new String[] {"verify"},
                new String[] {"verify", "--json"});
        List<String> told = new ArrayList<>();
        for (String[] verb : verbs) {
            Ran ran = where.run(verb);
            told.add("%s%n%d%n%s".formatted(String.join(" ", verb), ran.exit, ran.out));
            assertThat(ran.err).doesNotContain("Exception", "\tat ");
            assertThat(ran.err.isEmpty())
                    .as("%s: %s", String.join(" ", verb), ran.err)
                    .isEqualTo(ran.exit == 0 || ran.exit == Exit.MATCHED || ran.err.isEmpty());
        }
        return told;
    }

    /** Ids, times and numbers of changes are those of one database. */
    private static List<String> comparable(List<String> told) {
        return told.stream()
                .map(text -> text.replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z", "TIME"))
                .toList();
    }

    @Test
    void eachVerbSaysTheSameOnAFolderBesideItsServerAndFromAfar() throws IOException {
        List<String> expected = comparable(story(Where.folder(folder.resolve("alone"))));
        Path data = folder.resolve("served");
        try (MatchServer server = start(data, settings -> settings)) {
            assertThat(comparable(story(Where.folder(data)))).containsExactlyElementsOf(expected);
        }
        Path far = folder.resolve("far");
        TlsFiles certificate = TestCertificate.ofCurve().write(folder);
        Ran key = Where.folder(far).run("key", "create", "ann", "--role", "admin");
        try (MatchServer server = start(far, settings -> settings.tls(certificate))) {
            Where afar = new Where(List.of(
                    "--server",
                    "https://localhost:" + server.port(),
                    "--key",
                    key.out.strip(),
                    "--ca",
                    certificate.certificate().toString()));
            assertThat(comparable(story(afar))).containsExactlyElementsOf(expected);
            Where trusting = new Where(List.of("--server", "https://localhost:" + server.port()));
            assertThat(trusting.run("bank", "list").err)
                    .isEqualTo(
                            "semblance: https://localhost:" + server.port() + ": does not answer: no trusted authority"
                                    + " vouches for its certificate (expected: --ca FILE of one that does)\n");
            // The owner needs neither a key nor a certificate.
            assertThat(Where.folder(far).run("bank", "list").out)
                    .isEqualTo(afar.run("bank", "list").out)
                    .contains("KNOWN");
            assertThat(Where.folder(far).run("export", "--bank", "KNOWN").exit).isZero();
        }
    }

    @Test
    void onlyTheOwnerCanReadHowToReachTheServer() throws IOException {
        Path data = folder.resolve("data");
        Ran made = Where.folder(data).run("key", "create", "ann", "--role", "match");
        assertThat(made.exit).isZero();
        Path told = data.resolve("server.json");
        JsonNode before;
        try (MatchServer server = start(data, settings -> settings)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(told)))
                    .isEqualTo("rw-------");
            before = ReportJson.MAPPER.readTree(Files.readString(told));
            assertThat(before.get("url").stringValue()).isEqualTo(server.url());
            assertThat(Where.folder(data).run("bank", "create", "A").exit).isZero();
            // The verbs change the list as the person who ran them.
            assertThat(asked(server, before.get("secret").stringValue(), "/v1/journal")
                            .body())
                    .contains("\"actor\":\"cli:" + System.getProperty("user.name") + "\"");
            assertThat(asked(server, "smb_wrong", "/v1/banks").statusCode()).isEqualTo(401);
            Where asAnn = new Where(List.of("--server", server.url(), "--key", made.out.strip()));
            Ran refused = asAnn.run("bank", "create", "B");
            assertThat(refused.exit).isEqualTo(Exit.REFUSED);
            assertThat(refused.err).contains("role match (expected: admin)");
            assertThat(asAnn.run("match", "--decode", "exact", "x.jpg").exit).isEqualTo(Exit.BAD_INPUT);
        }
        assertThat(told).doesNotExist();
        try (MatchServer server = start(data, settings -> settings)) {
            assertThat(asked(server, before.get("secret").stringValue(), "/v1/banks")
                            .statusCode())
                    .isEqualTo(401);
        }
        Ran gone = new Where(List.of("--server", before.get("url").stringValue())).run("bank", "list");
        assertThat(gone.exit).isEqualTo(Exit.REFUSED);
        assertThat(gone.err).contains("does not answer");
        assertThat(new Where(List.of("--server", "localhost")).run("bank", "list").exit)
                .isEqualTo(Exit.BAD_INPUT);
    }

    private static HttpResponse<String> asked(MatchServer server, String secret, String path) throws IOException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(server.url() + path))
                            .header("Authorization", "Bearer " + secret)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a killed server has left tells nothing of the one that has the folder now. */
    @Test
    void waitsForWhoeverHasTheFolderToBeReadyOrDone() throws Exception {
        Path data = folder.resolve("data");
        AtomicReference<Ran> ran = new AtomicReference<>();
        Thread verb;
        try (HashDb held = HashDb.open(data)) {
            Files.writeString(data.resolve("server.json"), "{\"url\":\"http://127.0.0.1:1\",\"secret\":\"smb_old\"}");
            verb = Thread.ofPlatform().start(() -> ran.set(Where.folder(data).run("bank", "create", "A")));
            assertThat(held.banks()).isEmpty();
        }
        verb.join();
        assertThat(ran.get().exit).as(ran.get().err).isZero();
        assertThat(Where.folder(data).run("bank", "list").out).isEqualTo("A  match\n");
    }

    @Test
    void importsTenThousandHashesWhileUploadsAreMatched() throws Exception {
        Path data = folder.resolve("data");
        Path photo = file("photo.jpg", Pictures.jpeg(Pictures.photo(1, 400, 300), 0.9));
        Path copy = file("copy.jpg", Pictures.jpeg(Pictures.scaled(Pictures.photo(1, 400, 300), 0.5), 0.6));
        Random random = new Random(20_261_130);
        List<String> hashes = new ArrayList<>();
        for (int i = 0; i < HASHES; i++) {
            StringBuilder hash = new StringBuilder();
            for (int word = 0; word < 4; word++) {
                hash.append("%016x".formatted(random.nextLong()));
            }
            hashes.add(hash.toString());
        }
        Path list = Files.write(folder.resolve("list.txt"), hashes);
        try (MatchServer server = start(data, settings -> settings)) {
            Where here = Where.folder(data);
            assertThat(here.run("bank", "create", "KNOWN").exit).isZero();
            assertThat(here.run("bank", "add", "KNOWN", photo.toString()).exit).isZero();
            AtomicBoolean done = new AtomicBoolean();
            AtomicInteger matched = new AtomicInteger();
            List<String> wrong = new ArrayList<>();
            Thread uploads = Thread.ofPlatform().start(() -> {
                while (!done.get() && wrong.isEmpty()) {
                    Ran ran = here.run("match", "--fail-on-match", copy.toString());
                    if (ran.exit == Exit.MATCHED) {
                        matched.incrementAndGet();
                    } else {
                        wrong.add(ran.toString());
                    }
                }
            });
            Ran imported = here.run("import", "--bank", "LIST", list.toString());
            done.set(true);
            uploads.join();
            assertThat(wrong).isEmpty();
            assertThat(matched.get()).isPositive();
            assertThat(imported.exit).as(imported.err).isZero();
            assertThat(imported.out).isEqualTo(HASHES + " contents imported into LIST\n");
            assertThat(here.run("import", "--bank", "LIST", list.toString()).out)
                    .isEqualTo("0 contents imported into LIST, after " + HASHES + " entries that were banked before\n");
            assertThat(here.run("lookup", "--fail-on-match", hashes.getLast()).exit)
                    .isEqualTo(Exit.MATCHED);
            assertThat(here.run("export", "--bank", "LIST").out.lines()).hasSize(HASHES + 1);
            assertThat(here.run("verify").out).startsWith("clean: ");
        }
        assertThat(Where.folder(data).run("verify").out).startsWith("clean: ");
    }
}
