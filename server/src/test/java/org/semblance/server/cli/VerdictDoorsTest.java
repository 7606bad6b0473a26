package org.semblance.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.json.ReportJson;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/**
 * The same question gets the same verdict at every door: the native API by file, by hash, and as a stream of hashes, HMA's
 * dialect by file and by signal, and the command line by file and by hash.
 */
class VerdictDoorsTest {
    private static final String MATCH = "match";
    private static final String SUPPRESSED = "suppressed";
    private static final String NO_MATCH = "no_match";
    private static final String UNDECIDABLE = "undecidable";

    /** A name that does not exist: the native API and the command line say so, HMA's dialect finds nothing. */
    private static final String REFUSED = "refused";

    private static final int SIDE = 192;
    private static final int FRAMES = 12;

    @TempDir
    private Path folder;

    private final List<Case> cases = new ArrayList<>();
    private final Map<String, String> secrets = new LinkedHashMap<>();
    private final SoftAssertions softly = new SoftAssertions();

    private enum Shows {
        PHOTO,
        FLAT,
        VIDEO
    }

    /** What is done before the question, in banks of the case's own. */
    private interface Step {
        void run(Case to, Server server);
    }

    /** One upload, what is banked of it, and what is asked. */
    private final class Case {
        private final String prefix;
        private final String name;
        private final Step[] steps;
        private Shows shows = Shows.PHOTO;
        private List<String> asked = List.of();
        private String key = "caller";
        private String byFile = "";
        private String byHash = "";

        private byte[] file = {};
        private String hash = "";
        private String md5 = "";
        private String vpdq = "";
        private int flipped;
        private long content;

        Case(String name, Step... steps) {
            cases.add(this);
            this.prefix = "C" + cases.size() + "_";
            this.name = prefix + ": " + name;
            this.steps = steps;
        }

        Case of(Shows what) {
            shows = what;
            return this;
        }

        /** Only these banks count. */
        Case in(String... banks) {
            asked = Stream.of(banks).map(bank -> prefix + bank).toList();
            return this;
        }

        /** Asked with a key that sees these banks alone; so not on the command line. */
        Case scoped(String... banks) {
            key = prefix + "KEY";
            List<String> create = new ArrayList<>(List.of("key", "create", key, "--role", "match"));
            Stream.of(banks).forEach(bank -> create.addAll(List.of("--bank", prefix + bank)));
            secrets.put(key, onData(create.toArray(String[]::new)).out.strip());
            return this;
        }

        Case says(String verdict) {
            return says(verdict, verdict);
        }

        /** @param ofHash to callers that have no more than the hash */
        Case says(String ofFile, String ofHash) {
            byFile = ofFile;
            byHash = ofHash;
            return this;
        }

        /** A picture like no other whose hash both ways to decode agree on, or a video of such pictures. */
        void draw(int number, Server server) {
            for (long seed = 1000L * number; hash.isEmpty() && vpdq.isEmpty(); seed++) {
                file = switch (shows) {
                    case PHOTO -> Pictures.png(Pictures.photo(seed, SIDE, SIDE));
                    case FLAT -> Pictures.png(faint(seed));
                    case VIDEO -> video(seed);
                };
                JsonNode exact = server.ok(server.call("POST", "/v1/hash", "admin", file));
                JsonNode fast = server.ok(server.call("POST", "/v1/match", "admin", file));
                md5 = signal(exact, "md5");
                if (shows == Shows.VIDEO) {
                    vpdq = signal(exact, "vpdq");
                } else if (signal(exact, "pdq").equals(signal(fast, "pdq"))) {
                    hash = signal(exact, "pdq");
                }
            }
        }
    }

    private static String signal(JsonNode report, String type) {
        return report.get("signals")
                .valueStream()
                .filter(signal -> signal.get("type").stringValue().equals(type))
                .map(signal -> signal.get("hash").stringValue())
                .findFirst()
                .orElseThrow();
    }

    /** With too little contrast for a hash of quality. */
    private static BufferedImage faint(long seed) {
        BufferedImage image = Pictures.flat(SIDE, SIDE);
        for (int i = 0; i < 40; i++) {
            int at = (int) ((seed * 31 + i * 977L) % (SIDE * SIDE));
            image.setRGB(at % SIDE, at / SIDE, 0xC3C3C3);
        }
        return image;
    }

    private static byte[] video(long seed) {
        BufferedImage[] frames = new BufferedImage[FRAMES];
        for (int i = 0; i < FRAMES; i++) {
            frames[i] = Pictures.photo(seed + 100 + i, SIDE, SIDE);
        }
        return Pictures.gif(1000, frames);
    }

    // Steps

    private static Step bank(String bank, String more) {
        return (to, server) ->
                server.ok(server.json("POST", "/v1/banks", "{\"name\":\"" + to.prefix + bank + "\"" + more + "}"));
    }

    private static Step bad() {
        return bank("BAD", "");
    }

    private static Step bad2() {
        return bank("BAD2", "");
    }

    private static Step fine() {
        return bank("FINE", ",\"kind\":\"allow\"");
    }

    private static Step strict() {
        return bank("BAD", ",\"distance_threshold\":10");
    }

    private static Step signals(String bank, String signal) {
        return (to, server) -> {
            String body = "{\"signals\":[" + signal + "]}";
            JsonNode added = server.ok(server.json("POST", "/v1/banks/" + to.prefix + bank + "/content", body));
            to.content = added.get("id").longValue();
        };
    }

    /** A hash that differs from the upload's in that many bits, others each time. */
    private static Step near(String bank, int bits) {
        return (to, server) -> {
            int[] flips = new int[bits];
            for (int i = 0; i < bits; i++) {
                flips[i] = (to.flipped + i) % Hash256.BITS;
            }
            to.flipped += bits;
            String hash = Hash256.parse(to.hash).flip(flips).toHex();
            signals(bank, "{\"type\":\"pdq\",\"hash\":\"" + hash + "\"}").run(to, server);
        };
    }

    private static Step bytes(String bank) {
        return (to, server) ->
                signals(bank, "{\"type\":\"md5\",\"hash\":\"" + to.md5 + "\"}").run(to, server);
    }

    /** The file's bytes and its hash, as a file is banked. */
    private static Step whole(String bank) {
        return (to, server) -> signals(
                        bank,
                        "{\"type\":\"md5\",\"hash\":\"" + to.md5 + "\"},{\"type\":\"pdq\",\"hash\":\"" + to.hash
                                + "\"}")
                .run(to, server);
    }

    private static Step frames(String bank) {
        return (to, server) ->
                signals(bank, "{\"type\":\"vpdq\",\"hash\":" + to.vpdq + "}").run(to, server);
    }

    /** The first frame alone, as an image. */
    private static Step firstFrame(String bank) {
        return (to, server) -> signals(
                        bank, "{\"type\":\"pdq\",\"hash\":\"" + to.vpdq.substring(2, 2 + Hash256.BITS / 4) + "\"}")
                .run(to, server);
    }

    /** Of the content that was banked last. */
    private static Step change(String bank, String json) {
        return (to, server) ->
                server.ok(server.json("PATCH", "/v1/banks/" + to.prefix + bank + "/content/" + to.content, json));
    }

    private static Step disable(String bank) {
        return change(bank, "{\"status\":\"disabled\"}");
    }

    private static Step quarantine(String bank, boolean exact) {
        return change(bank, "{\"quarantine\":{\"reason\":\"a flood\",\"exact\":" + exact + "}}");
    }

    private static Step withdraw(String bank) {
        return (to, server) ->
                server.ok(server.json("DELETE", "/v1/banks/" + to.prefix + bank + "/content/" + to.content, ""));
    }

    private static Step off(String bank) {
        return (to, server) ->
                server.ok(server.json("PATCH", "/v1/banks/" + to.prefix + bank, "{\"enabled_ratio\":0}"));
    }

    private static Step delete(String bank) {
        return (to, server) -> server.ok(server.json("DELETE", "/v1/banks/" + to.prefix + bank, ""));
    }

    private void cases() {
        new Case("nothing of it is banked", bad()).says(NO_MATCH);
        new Case("the same hash", bad(), near("BAD", 0)).says(MATCH);
        new Case("at the threshold", bad(), near("BAD", 31)).says(MATCH);
        new Case("beyond the threshold", bad(), near("BAD", 32)).says(NO_MATCH);
        new Case("at a bank's own threshold", strict(), near("BAD", 10)).says(MATCH);
        new Case("beyond a bank's own threshold", strict(), near("BAD", 11)).says(NO_MATCH);
        new Case("disabled", bad(), near("BAD", 3), disable("BAD")).says(NO_MATCH);
        new Case(
                        "disabled and enabled again",
                        bad(),
                        near("BAD", 3),
                        disable("BAD"),
                        change("BAD", "{\"status\":\"enabled\"}"))
                .says(MATCH);
        new Case(
                        "disabled for some time",
                        bad(),
                        near("BAD", 3),
                        change("BAD", "{\"status\":\"disabled\",\"disabled_until\":\"2099-01-01T00:00:00Z\"}"))
                .says(NO_MATCH);
        new Case("withdrawn", bad(), near("BAD", 3), withdraw("BAD")).says(NO_MATCH);
        new Case("bank off", bad(), near("BAD", 3), off("BAD")).says(NO_MATCH);
        new Case("bank deleted", bad(), near("BAD", 3), delete("BAD")).says(NO_MATCH);
        new Case("one bank of two off", bad(), bad2(), near("BAD", 3), near("BAD2", 4), off("BAD")).says(MATCH);
        new Case("allowed alone", fine(), near("FINE", 3)).says(NO_MATCH);
        new Case("near allowed content", bad(), fine(), near("BAD", 20), near("FINE", 5)).says(SUPPRESSED);
        new Case("near allowed content at its threshold", bad(), fine(), near("BAD", 2), near("FINE", 31))
                .says(SUPPRESSED);
        new Case("beyond allowed content", bad(), fine(), near("BAD", 2), near("FINE", 32)).says(MATCH);
        new Case("allowed content disabled", bad(), fine(), near("BAD", 2), near("FINE", 3), disable("FINE"))
                .says(MATCH);
        new Case("bank of allowed content off", bad(), fine(), near("BAD", 2), near("FINE", 3), off("FINE"))
                .says(MATCH);
        new Case("known content off, allowed on", bad(), fine(), near("BAD", 2), off("BAD"), near("FINE", 3))
                .says(NO_MATCH);
        new Case(
                        "known in two banks, and allowed",
                        bad(),
                        bad2(),
                        fine(),
                        near("BAD", 2),
                        near("BAD2", 3),
                        near("FINE", 4))
                .says(SUPPRESSED);
        new Case("in the bank that is named", bad(), near("BAD", 2)).in("BAD").says(MATCH);
        new Case("in another bank", bad(), bad2(), near("BAD", 2)).in("BAD2").says(NO_MATCH);
        new Case("in one of the banks that are named", bad(), bad2(), near("BAD", 2))
                .in("BAD2", "BAD")
                .says(MATCH);
        new Case("allowed in a bank that is not named", bad(), fine(), near("BAD", 2), near("FINE", 3))
                .in("BAD")
                .says(MATCH);
        new Case("allowed in a bank that is named", bad(), fine(), near("BAD", 2), near("FINE", 3))
                .in("BAD", "FINE")
                .says(SUPPRESSED);
        new Case("only the bank of allowed content named", bad(), fine(), near("BAD", 2), near("FINE", 3))
                .in("FINE")
                .says(NO_MATCH);
        new Case("misspelt bank", bad(), near("BAD", 2)).in("BAAD").says(REFUSED);
        new Case("key of the bank", bad(), near("BAD", 2)).scoped("BAD").says(MATCH);
        new Case("key of another bank", bad(), bad2(), near("BAD", 2))
                .scoped("BAD2")
                .says(NO_MATCH);
        new Case("key that does not see the allowed content", bad(), fine(), near("BAD", 2), near("FINE", 3))
                .scoped("BAD")
                .says(MATCH);
        new Case("key that sees the allowed content", bad(), fine(), near("BAD", 2), near("FINE", 3))
                .scoped("BAD", "FINE")
                .says(SUPPRESSED);
        new Case("key that does not see the named bank", bad(), bad2(), near("BAD", 2))
                .scoped("BAD2")
                .in("BAD")
                .says(REFUSED);
        new Case("the same bytes", bad(), bytes("BAD")).says(MATCH, NO_MATCH);
        new Case("the same bytes, near allowed content", bad(), fine(), whole("BAD"), near("FINE", 3))
                .says(MATCH, SUPPRESSED);
        new Case("the same bytes, and allowed", bad(), fine(), whole("BAD"), bytes("FINE")).says(SUPPRESSED, MATCH);
        new Case("near, and these bytes are allowed", bad(), fine(), near("BAD", 3), bytes("FINE"))
                .says(SUPPRESSED, MATCH);
        new Case("too flat", bad(), near("BAD", 0)).of(Shows.FLAT).says(UNDECIDABLE, MATCH);
        new Case("too flat, the same bytes", bad(), bytes("BAD")).of(Shows.FLAT).says(MATCH, NO_MATCH);
        new Case("within its own threshold", bad(), near("BAD", 40), change("BAD", "{\"distance_threshold\":40}"))
                .says(MATCH);
        new Case("beyond its own threshold", bad(), near("BAD", 6), change("BAD", "{\"distance_threshold\":5}"))
                .says(NO_MATCH);
        new Case(
                        "its own threshold taken back",
                        bad(),
                        near("BAD", 6),
                        change("BAD", "{\"distance_threshold\":5}"),
                        change("BAD", "{\"distance_threshold\":null}"))
                .says(MATCH);
        new Case("in quarantine", bad(), near("BAD", 3), quarantine("BAD", false)).says(NO_MATCH);
        new Case("in quarantine, the same bytes", bad(), whole("BAD"), quarantine("BAD", false)).says(MATCH, NO_MATCH);
        new Case("in quarantine with its bytes", bad(), whole("BAD"), quarantine("BAD", true)).says(NO_MATCH);
        new Case(
                        "out of quarantine again",
                        bad(),
                        near("BAD", 3),
                        quarantine("BAD", true),
                        change("BAD", "{\"quarantine\":null}"))
                .says(MATCH);
        new Case("one in quarantine of two", bad(), near("BAD", 3), quarantine("BAD", true), near("BAD", 4))
                .says(MATCH);
        new Case(
                        "allowed content in quarantine",
                        bad(),
                        fine(),
                        near("BAD", 3),
                        near("FINE", 4),
                        quarantine("FINE", true))
                .says(MATCH);
        new Case("video in quarantine", bad(), frames("BAD"), quarantine("BAD", false))
                .of(Shows.VIDEO)
                .says(NO_MATCH);
        new Case("video", bad(), frames("BAD")).of(Shows.VIDEO).says(MATCH);
        new Case("video whose bank is off", bad(), frames("BAD"), off("BAD"))
                .of(Shows.VIDEO)
                .says(NO_MATCH);
        new Case("video that is allowed as well", bad(), fine(), frames("BAD"), frames("FINE"))
                .of(Shows.VIDEO)
                .says(SUPPRESSED);
        new Case("video of which one picture is allowed", bad(), fine(), frames("BAD"), firstFrame("FINE"))
                .of(Shows.VIDEO)
                .says(MATCH);
    }

    // Doors

    private final class Server implements AutoCloseable {
        private final TestServer server = new TestServer(folder.resolve("data"));

        Answer call(String method, String path, String key, byte[] body) {
            return send(method, path, key, "application/octet-stream", body);
        }

        Answer json(String method, String path, String json) {
            return send(method, path, "admin", "application/json", json.getBytes(StandardCharsets.UTF_8));
        }

        Answer send(String method, String path, String key, String type, byte[] body) {
            String secret = secrets.getOrDefault(key, "");
            return server.send(method, path, Map.of("Authorization", "Bearer " + secret, "Content-Type", type), body);
        }

        JsonNode ok(Answer answer) {
            assertThat(answer.status()).as(answer.text()).isBetween(200, 204);
            return answer.text().isEmpty() ? ReportJson.MAPPER.createObjectNode() : answer.json();
        }

        @Override
        public void close() {
            server.close();
        }
    }

    private void check(Case of, String door, String verdict, String expected) {
        softly.assertThat(verdict).as("%s, %s", of.name, door).isEqualTo(expected);
    }

    /** HMA has matches and nothing else. */
    private static String inHmasWords(String verdict) {
        return verdict.equals(MATCH) ? MATCH : NO_MATCH;
    }

    private static String query(String first, Case of) {
        String banks = of.asked.isEmpty() ? "" : "banks=" + String.join(",", of.asked);
        String both = first.isEmpty() || banks.isEmpty() ? first + banks : first + "&" + banks;
        return both.isEmpty() ? "" : "?" + both;
    }

    private void askOverHttp(Case of, Server server) {
        Answer match = server.call("POST", "/v1/match" + query("", of), of.key, of.file);
        check(of, "/v1/match", verdict(match), of.byFile);
        if (of.byFile.equals(MATCH) && of.byHash.equals(SUPPRESSED)) {
            softly.assertThat(match.json().path("reason").asString(""))
                    .as(of.name)
                    .contains("outweighs a likeness to allowed content", of.prefix + "FINE");
        }
        TestServer.Form form = TestServer.form(List.of(of.shows == Shows.VIDEO ? "video" : "photo"), of.file, Map.of());
        Answer file = server.send(
                "POST", "/m/lookup" + query("bypass_coinflip=true", of), of.key, form.contentType(), form.body());
        check(of, "POST /m/lookup", hmaVerdict(file), inHmasWords(of.byFile));

        boolean isVideo = of.shows == Shows.VIDEO;
        String signal = (isVideo ? "signal_type=vpdq&signal=" : "signal_type=pdq&signal=")
                + URLEncoder.encode(isVideo ? of.vpdq : of.hash, StandardCharsets.UTF_8);
        Answer found =
                server.call("GET", "/m/lookup" + query(signal + "&bypass_coinflip=true", of), of.key, new byte[0]);
        check(of, "GET /m/lookup", hmaVerdict(found), inHmasWords(of.byHash));
        Answer raw = server.call("GET", "/m/raw_lookup" + query(signal, of), of.key, new byte[0]);
        check(of, "/m/raw_lookup", hmaVerdict(raw), inHmasWords(of.byHash));
        if (isVideo) {
            return;
        }
        byte[] json = ("[\"" + of.hash + "\"]").getBytes(StandardCharsets.UTF_8);
        Answer whole = server.send("POST", "/v1/lookup" + query("", of), of.key, "application/json", json);
        check(
                of,
                "/v1/lookup",
                whole.status() == 200 && whole.json().get("results").isEmpty() ? NO_MATCH : verdict(whole),
                of.byHash);
        byte[] line = (of.hash + "\n").getBytes(StandardCharsets.UTF_8);
        Answer stream = server.send("POST", "/v1/lookup" + query("", of), of.key, "application/x-ndjson", line);
        check(of, "/v1/lookup as a stream", verdict(stream), of.byHash);
    }

    private static String verdict(Answer answer) {
        if (answer.status() == 400) {
            return answer.text().contains("\"field\":\"banks\"") ? REFUSED : answer.text();
        }
        JsonNode json =
                ReportJson.MAPPER.readTree(answer.text().lines().findFirst().orElse("{}"));
        return (json.has("results") ? json.get("results").get(0) : json)
                .path("verdict")
                .asString("none");
    }

    private static String hmaVerdict(Answer answer) {
        return answer.text().contains("bank_content_id") || answer.text().matches("(?s).*\"matches\":\\[\\d.*")
                ? MATCH
                : answer.status() == 200 ? NO_MATCH : answer.text();
    }

    private void askOnTheCommandLine(Case of) throws IOException {
        Path file = Files.write(folder.resolve("upload"), of.file);
        check(of, "semblance match", cliVerdict(of, "match", file.toString()), of.byFile);
        if (of.shows != Shows.VIDEO) {
            check(of, "semblance lookup", cliVerdict(of, "lookup", of.hash), of.byHash);
        }
    }

    private String cliVerdict(Case of, String verb, String what) {
        List<String> args = new ArrayList<>(List.of(verb, "--json", "--fail-on-match", what));
        if (!of.asked.isEmpty()) {
            args.add("--banks=" + String.join(",", of.asked));
        }
        Ran ran = onData(args.toArray(String[]::new));
        if (ran.exit == Exit.BAD_INPUT && ran.err.contains("--banks")) {
            return REFUSED;
        }
        String verdict = ReportJson.MAPPER.readTree(ran.out).get("verdict").stringValue();
        softly.assertThat(ran.exit == Exit.MATCHED)
                .as("%s, exit code of semblance %s", of.name, verb)
                .isEqualTo(verdict.equals(MATCH));
        return verdict;
    }

    private record Ran(int exit, String out, String err) {}

    private Ran onData(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--data", folder.resolve("data").toString()));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] array = all.toArray(String[]::new);
        CommandLine line = Main.commandLine(array).setOut(new PrintWriter(out)).setErr(new PrintWriter(err, true));
        int exit = line.execute(array);
        line.getOut().flush();
        return new Ran(exit, out.toString(), err.toString());
    }

    @Test
    void everyDoorGivesTheSameVerdict() throws IOException {
        secrets.put(
                "admin", onData("key", "create", "admin", "--role", "admin").out.strip());
        secrets.put(
                "caller",
                onData("key", "create", "caller", "--role", "match").out.strip());
        cases();
        assertThat(cases).hasSizeGreaterThanOrEqualTo(40);
        try (Server server = new Server()) {
            for (int i = 0; i < cases.size(); i++) {
                Case of = cases.get(i);
                of.draw(i + 1, server);
                for (Step step : of.steps) {
                    step.run(of, server);
                }
            }
            cases.forEach(of -> askOverHttp(of, server));
        }
        for (Case of : cases) {
            if (of.key.equals("caller")) {
                askOnTheCommandLine(of);
            }
        }
        softly.assertAll();
    }
}
