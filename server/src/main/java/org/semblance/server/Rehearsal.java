package org.semblance.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.api.NativeApi;
import org.semblance.server.auth.Gate;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.flood.FloodControl;
import org.semblance.server.http.Dialect;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.recent.EarlierUploads;
import org.semblance.server.record.Records;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.InnerCalls;
import org.semblance.server.route.Router;
import org.semblance.server.work.Worker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks what an analyst asks and changes what an analyst changes, before the first analyst does. A fresh process loads and
 * interprets what later requests find compiled, and people would wait for that. Changes are made in a database of its own, which
 * is thrown away; questions are asked of the served database too, whose file the first of them would have to read.
 *
 * <p>Requests go straight to their routes: the way from the network to there is short beside what follows.
 */
final class Rehearsal {
    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);

    /** Each makes two changes, which wait for the disk. */
    private static final int ROUNDS = 40;

    private static final String BANK = "REHEARSAL";
    private static final int MOST_BANKS = 8;

    /** Questions about a bank, each a plan of its own in the database; %s is the bank. */
    private static final List<String> QUESTIONS = List.of(
            "/v1/banks",
            "/v1/banks/%s?counts=true",
            "/v1/banks/%s/content?limit=100",
            "/v1/banks/%s/content?limit=100&order=desc",
            "/v1/banks/%s/content?limit=100&label=label",
            "/v1/banks/%s/content?limit=100&q=note",
            "/v1/banks/%s/content?limit=100&source=source",
            "/v1/banks/%s/content?limit=100&actor=rehearsal&order=desc",
            "/v1/banks/%s/content?limit=100&status=withdrawn",
            "/v1/banks/%s/content?limit=100&status=disabled&order=desc",
            "/v1/banks/%s/content?limit=100&exact_only=true",
            "/v1/banks/%s/content?limit=100&created_from=2020-01-01T00:00:00Z",
            "/v1/journal?order=desc&bank=%s",
            "/v1/journal?order=desc&actor=rehearsal",
            "/v1/matches?limit=100");

    private final Gate gate;
    private final Worker worker;
    private final SplittableRandom random = new SplittableRandom(1);

    /** @param worker is lent for the time of the rehearsal, and must be of no other thread */
    Rehearsal(Gate gate, Worker worker) {
        this.gate = gate;
        this.worker = worker;
    }

    /**
     * Changes nothing that lasts. May run beside other work.
     *
     * @param folder for the rehearsal's own database; what a server that was killed meanwhile left there is removed
     * @param records of the served database
     * @param router of the server
     */
    void run(Path folder, HashDb served, Records records, Router router) {
        try {
            delete(folder);
            try {
                change(Files.createDirectory(folder), records);
            } finally {
                delete(folder);
            }
        } catch (IOException e) {
            LOG.debug("the first change will be slow, as there is no room for a rehearsal", e);
        }
        InnerCalls calls = new InnerCalls(router, worker);
        for (Bank bank : served.banks().stream().limit(MOST_BANKS).toList()) {
            ask(calls, bank.name());
        }
    }

    private void change(Path folder, Records servedRecords) {
        ServerConfig config = ServerConfig.builder(folder)
                .set(Setting.RECENT_UPLOADS, (long) ROUNDS)
                .build();
        Metrics metrics = new Metrics();
        try (HashDb db = HashDb.open(folder);
                Records records = Records.open(config, db, metrics)) {
            InnerCalls calls = new InnerCalls(router(db, records), worker);
            calls.send("POST", "/v1/banks", "{\"name\":\"" + BANK + "\"}");
            for (int i = 0; i < ROUNDS; i++) {
                Hash256 hash = new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
                calls.send("POST", "/v1/banks/" + BANK + "/content", """
                        {"signals":[{"type":"pdq","hash":"%1$s"},{"type":"sha256","hash":"%1$s"}],\
                        "labels":["label"],"note":"note","source":"source"}""".formatted(hash));
                servedRecords.uploads().rehearse(hash);
                ask(calls, BANK);
                calls.send("GET", "/v1/banks/" + BANK + "/content?hash=" + hash, "");
                calls.send("GET", "/v1/banks/" + BANK + "/content/" + (i + 1), "");
                calls.send("DELETE", "/v1/banks/" + BANK + "/content/" + (i + 1), "");
            }
        } finally {
            metrics.close();
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** The routes of a database that nobody else knows of. */
    private Router router(HashDb db, Records records) {
        FloodControl flood = FloodControl.off(db);
        EarlierUploads earlier = new EarlierUploads(db, gate, records.uploads(), null);
        VerdictRecorder verdicts = new VerdictRecorder(records.log(), records.uploads(), flood);
        return new Router(NativeApi.routes(db, records, gate, verdicts, flood, earlier, true), path -> Dialect.NATIVE);
    }

    private static void ask(InnerCalls calls, String bank) {
        QUESTIONS.forEach(question -> calls.send("GET", question.formatted(bank), ""));
    }
}
