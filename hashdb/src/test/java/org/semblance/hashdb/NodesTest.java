package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.backup.Backup;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.file.SealedText;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** Several nodes on one catalog. */
@Timeout(90)
class NodesTest {
    private static final Origin ANYONE = new Origin("test", "");
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    private final SplittableRandom random = RandomSeed.random();
    private final TestPostgres server = TestPostgres.shared();
    private final String database = server.createDatabase();
    private final List<HashDb> nodes = new ArrayList<>();

    @AfterEach
    void close() {
        nodes.forEach(HashDb::close);
    }

    private HashDb node() {
        return node(server.catalog(database));
    }

    private HashDb node(SharedCatalog catalog) {
        HashDb node = HashDb.open(folder.resolve("node" + nodes.size()), catalog, DatabaseEvents.NONE);
        nodes.add(node);
        return node;
    }

    private static ContentDraft draft(Hash256 hash) {
        return new ContentDraft(List.of(new Signal(SignalType.PDQ, hash.toHex())));
    }

    private static long add(HashDb node, Hash256 hash) {
        return node.apply(new Change.AddContents("A", List.of(draft(hash))), ANYONE)
                .firstContentId();
    }

    private static List<Long> found(HashDb node, Hash256 hash) {
        return node.lookup(hash).stream().map(match -> match.content().id()).toList();
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + SOON.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    private static void awaitSame(HashDb one, HashDb other) throws InterruptedException {
        long seq = one.seq();
        await("change " + seq, () -> other.seq() >= seq);
    }

    private void assertSound() throws InterruptedException {
        for (HashDb node : nodes) {
            node.awaitView();
            assertThat(node.verify().problems()).as(RandomSeed.replay()).isEmpty();
        }
        List<JournalEntry> journal = nodes.getFirst().journal(0, Integer.MAX_VALUE);
        String hash = JournalEntry.GENESIS;
        for (int i = 0; i < journal.size(); i++) {
            assertThat(journal.get(i).seq()).isEqualTo(i + 1);
            assertThat(journal.get(i).prevHash()).isEqualTo(hash);
            hash = journal.get(i).hash();
        }
    }

    @Test
    void whatOneChangesTheOtherAnswers() throws InterruptedException {
        HashDb one = node();
        HashDb other = node();
        one.apply(new Change.CreateBank("A"), ANYONE);
        Hash256 hash = RandomSeed.hash(random);
        long id = add(one, hash);
        awaitSame(one, other);
        assertThat(found(other, hash)).containsExactly(id);

        other.apply(new Change.UpdateBank("A", BankFields.NONE.withName("B")), ANYONE);
        other.apply(new Change.UpdateContent("B", id, ContentStatus.DISABLED, null), ANYONE);
        awaitSame(other, one);
        assertThat(one.bank("B")).isPresent();
        assertThat(found(one, hash)).isEmpty();

        one.apply(new Change.UpdateContent("B", id, ContentStatus.ENABLED, null), ANYONE);
        one.apply(new Change.WithdrawContent("B", id), ANYONE);
        awaitSame(one, other);
        assertThat(found(other, hash)).isEmpty();
        assertThat(other.followState().unready()).isNull();
        assertThat(other.followState().behind()).isZero();
        assertSound();
    }

    @Test
    void aBankThatAnotherNodeHasJustNamedIsThere() {
        HashDb one = node();
        HashDb other = node();
        one.apply(new Change.CreateBank("A0"), ANYONE);
        for (int i = 1; i <= 50; i++) {
            assertThat(other.newestBank("A" + (i - 1)))
                    .as("a bank that was named before this call")
                    .isPresent();
            one.apply(new Change.UpdateBank("A" + (i - 1), BankFields.NONE.withName("A" + i)), ANYONE);
        }
        assertThat(other.newestBank("B")).isEmpty();
        assertThat(other.newestBank("not \uD800 text")).isEmpty();
    }

    @Test
    void aNewNodeAndOneThatWasAwayHaveEverything() throws InterruptedException {
        HashDb one = node();
        one.apply(new Change.CreateBank("A"), ANYONE);
        node().close();
        List<Hash256> hashes = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            hashes.add(RandomSeed.hash(random));
            add(one, hashes.getLast());
        }
        for (long id = 1; id <= 300; id += 3) {
            one.apply(new Change.WithdrawContent("A", id), ANYONE);
        }
        nodes.set(1, HashDb.open(folder.resolve("node1"), server.catalog(database), DatabaseEvents.NONE));
        HashDb fresh = node();
        for (int i = 0; i < 300; i++) {
            List<Long> expected = i % 3 == 0 ? List.of() : List.of(i + 1L);
            assertThat(found(nodes.get(1), hashes.get(i))).isEqualTo(expected);
            assertThat(found(fresh, hashes.get(i))).isEqualTo(expected);
        }
        assertSound();
    }

    @Test
    void manyWritersOnManyNodesMakeOneJournal() throws Exception {
        HashDb first = node();
        first.apply(new Change.CreateBank("A"), ANYONE);
        node();
        node();
        ConcurrentLinkedQueue<Hash256> added = new ConcurrentLinkedQueue<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> done = new ArrayList<>();
            for (HashDb node : nodes) {
                for (int writer = 0; writer < 3; writer++) {
                    long seed = random.nextLong();
                    done.add(threads.submit(() -> {
                        SplittableRandom own = new SplittableRandom(seed);
                        for (int i = 0; i < 25; i++) {
                            List<ContentDraft> drafts = new ArrayList<>();
                            for (int n = own.nextInt(1, 20); n > 0; n--) {
                                Hash256 hash = RandomSeed.hash(own);
                                added.add(hash);
                                drafts.add(draft(hash));
                            }
                            long id = node.apply(new Change.AddContents("A", drafts), ANYONE)
                                    .firstContentId();
                            if (own.nextInt(4) == 0) {
                                // One that another thread refuses to find is withdrawn already.
                                assertThatExceptionOfType(ChangeRefusedException.class)
                                        .isThrownBy(() -> node.apply(new Change.CreateBank("A"), ANYONE));
                                node.apply(new Change.UpdateContent("A", id, ContentStatus.DISABLED, null), ANYONE);
                                node.apply(new Change.UpdateContent("A", id, ContentStatus.ENABLED, null), ANYONE);
                            }
                        }
                    }));
                }
            }
            for (Future<?> future : done) {
                future.get();
            }
        }
        long newest = nodes.stream().mapToLong(HashDb::seq).max().orElseThrow();
        for (HashDb node : nodes) {
            await("change " + newest, () -> node.seq() >= newest);
            for (Hash256 hash : added) {
                assertThat(found(node, hash)).as(RandomSeed.replay()).hasSize(1);
            }
        }
        assertSound();
    }

    @Test
    void aRequestMadeOnTwoNodesIsMadeOnce() throws InterruptedException {
        HashDb one = node();
        HashDb other = node();
        one.apply(new Change.CreateBank("A"), ANYONE);
        RequestKey key = new RequestKey("once", 0, "00".repeat(32));
        Change.AddContents change = new Change.AddContents("A", List.of(draft(RandomSeed.hash(random))));
        long id = one.apply(change, ANYONE, key).firstContentId();
        assertThat(other.apply(change, ANYONE, key).firstContentId()).isEqualTo(id);
        assertThat(one.seq()).isEqualTo(2);
        assertSound();
    }

    @Test
    void aNodeThatIsKilledLosesNothingAndHoldsNobodyUp() throws Exception {
        HashDb one = node();
        one.apply(new Change.CreateBank("A"), ANYONE);
        List<String> java = ChildJvm.command(
                folder,
                KilledNode.class,
                folder.resolve("killed").toString(),
                server.catalog(database).toString(),
                Long.toString(random.nextLong()));
        Process process = new ProcessBuilder(java)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> told = new ArrayList<>();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < 20; i++) {
                told.add(out.readLine());
                add(one, RandomSeed.hash(random));
            }
            TimeUnit.MILLISECONDS.sleep(random.nextInt(100));
            process.toHandle().destroyForcibly();
            process.waitFor();
            long killed = System.nanoTime();
            add(one, RandomSeed.hash(random));
            assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(Duration.ofSeconds(10));
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                told.add(line);
            }
        }
        for (String line : told) {
            String[] words = line.split(" ");
            if (words.length == 2 && words[1].length() == 64) {
                assertThat(found(one, Hash256.parse(words[1]))).containsExactly(Long.valueOf(words[0]));
            }
        }
        assertSound();
    }

    @Test
    void aNodeThatFreezesWithTheHeadInItsHandsLosesIt() throws Exception {
        HashDb one = node();
        one.apply(new Change.CreateBank("A"), ANYONE);
        try (Connection frozen = server.connect(database);
                Statement statement = frozen.createStatement()) {
            // What a node does at the beginning of each transaction, and then nothing more.
            statement.execute("SET idle_in_transaction_session_timeout = 3000");
            frozen.setAutoCommit(false);
            statement
                    .executeQuery("SELECT seq FROM head WHERE one = 1 FOR UPDATE")
                    .close();
            long begun = System.nanoTime();
            add(one, RandomSeed.hash(random));
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(9));
            assertThatThrownBy(frozen::commit).isInstanceOf(SQLException.class);
        }
        assertSound();
    }

    @Test
    void takesTheHeadFromAHolderThatTheServerDoesNotEnd() throws Exception {
        HashDb node = node();
        node.apply(new Change.CreateBank("A"), ANYONE);
        try (Connection frozen = server.connect(database);
                Statement statement = frozen.createStatement()) {
            frozen.setAutoCommit(false);
            statement.execute("SET idle_in_transaction_session_timeout = 0");
            statement
                    .executeQuery("SELECT seq FROM head WHERE one = 1 FOR UPDATE")
                    .close();
            Hash256 hash = RandomSeed.hash(random);
            long id = add(node, hash);
            assertThat(found(node, hash)).containsExactly(id);
            assertThatThrownBy(() -> statement.execute("UPDATE head SET seq = seq + 1"))
                    .isInstanceOf(SQLException.class);
        }
        assertSound();
    }

    @Test
    void aNodeThatFreezesInTheMidstOfABulkLosesTheHeadToo() throws Exception {
        HashDb one = node();
        one.apply(new Change.CreateBank("A"), ANYONE);
        try (CuttingProxy proxy = new CuttingProxy(server.port())) {
            HashDb frozen = node(server.catalog(database, proxy.port()));
            List<ContentDraft> drafts = new ArrayList<>();
            for (int i = 0; i < 9_000; i++) {
                drafts.add(draft(RandomSeed.hash(random)));
            }
            proxy.cut(CuttingProxy.Cut.STALL);
            Thread bulk = Thread.ofPlatform().start(() -> frozen.apply(new Change.AddContents("A", drafts), ANYONE));
            await("the bulk to stop", () -> proxy.cuts() == 1);
            long begun = System.nanoTime();
            add(one, RandomSeed.hash(random));
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(9));
            bulk.join(); // Its connection was ended, and it began anew.
            awaitSame(frozen, one);
            assertThat(one.size()).isEqualTo(9_001);
            assertSound();
            frozen.close();
            nodes.remove(frozen);
        }
    }

    @Test
    void aCommitWithoutAnAnswerIsMadeOnce() throws Exception {
        try (CuttingProxy proxy = new CuttingProxy(server.port())) {
            HashDb one = node(server.catalog(database, proxy.port()));
            one.apply(new Change.CreateBank("A"), ANYONE);
            int made = 1;
            for (int round = 0; round < 30; round++) {
                if (round % 2 == 1) {
                    // On this connection the next one is told in one go with its commit.
                    add(one, RandomSeed.hash(random));
                    made++;
                }
                Hash256 hash = RandomSeed.hash(random);
                proxy.cut(round % 3 == 2 ? CuttingProxy.Cut.BEFORE_COMMIT : CuttingProxy.Cut.AFTER_COMMIT);
                long id = add(one, hash);
                assertThat(proxy.cuts()).isEqualTo(round + 1);
                assertThat(found(one, hash)).as("round %s", round).containsExactly(id);
                assertThat(one.seq()).isEqualTo(++made);
            }
            assertThat(proxy.cuts()).isEqualTo(30);
        }
        nodes.removeFirst().close();
        node();
        assertSound();
    }

    @Test
    void lookupsGoOnWhileTheDatabaseIsAway() throws Exception {
        try (TestPostgres own = TestPostgres.own()) {
            String away = own.createDatabase();
            HashDb one = node(own.catalog(away));
            HashDb other = node(own.catalog(away));
            one.apply(new Change.CreateBank("A"), ANYONE);
            Hash256 hash = RandomSeed.hash(random);
            long id = add(one, hash);
            awaitSame(one, other);
            one.awaitView();
            other.awaitView();
            own.stop();
            for (int i = 0; i < 200; i++) {
                assertThat(found(one, hash)).containsExactly(id);
                assertThat(found(other, RandomSeed.at(hash, 20, random))).containsExactly(id);
            }
            long begun = System.nanoTime();
            assertThatExceptionOfType(StorageFailedException.class)
                    .isThrownBy(() -> add(one, RandomSeed.hash(random)))
                    .matches(StorageFailedException::isAway)
                    .withMessageContaining("PostgreSQL cannot be reached")
                    .withMessageNotContaining("were made");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(3));
            await("the loss to be noticed", () -> !one.followState().reachable());
            assertThat(one.followState().unready()).isNull();
            own.start();
            Hash256 next = RandomSeed.hash(random);
            long[] added = new long[1];
            await("changes to be taken again", () -> {
                try {
                    added[0] = add(one, next);
                    return true;
                } catch (StorageFailedException e) {
                    return false;
                }
            });
            awaitSame(one, other);
            assertThat(found(other, next)).containsExactly(added[0]);
            await("the way back to be noticed", () -> one.followState().reachable());
            assertSound();
            nodes.forEach(HashDb::close);
            nodes.clear();
        }
    }

    @Test
    void aCatalogThatWentBackIsTakenAnew() throws Exception {
        HashDb one = node();
        HashDb other = node();
        one.apply(new Change.CreateBank("A"), ANYONE);
        Hash256 kept = RandomSeed.hash(random);
        Hash256 lost = RandomSeed.hash(random);
        Hash256 instead = RandomSeed.hash(random);
        long id = add(one, kept);
        awaitSame(one, other);
        add(one, lost);
        awaitSame(one, other);
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("DELETE FROM signal WHERE content_id = 2; DELETE FROM content WHERE id = 2;"
                    + " DELETE FROM journal WHERE seq = 3;"
                    + " UPDATE head SET seq = 2, hash = (SELECT hash FROM journal WHERE seq = 2), next_content_id = 2");
            connection.commit();
        }
        for (HashDb node : nodes) {
            await("the loss to be noticed", () -> found(node, lost).isEmpty());
            await("the node to be ready", () -> node.followState().unready() == null && node.seq() == 2);
            assertThat(found(node, kept)).containsExactly(id);
        }
        // The node that acknowledged it hands it over.
        assertThat(lostChanges(folder.resolve("node1"))).isEmpty();
        assertThat(lostChanges(folder.resolve("node0")))
                .containsExactly(
                        "{\"bank\":\"A\",\"contents\":[{\"labels\":[],\"signals\":[{\"hash\":\"" + lost
                                + "\",\"type\":\"pdq\"}]}],\"kind\":\"add_contents\",\"seq\":3,\"actor\":\"test\",\"reason\":\"\"}");
        long next = add(other, instead);
        assertThat(next).isEqualTo(2);
        awaitSame(other, one);
        assertThat(found(one, instead)).containsExactly(next);
        assertThat(found(one, lost)).isEmpty();
        assertSound();
    }

    /** The lines of the files of changes that a node has lost. */
    private static List<String> lostChanges(Path node) throws IOException {
        List<String> lines = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(node, "lost-changes-*.ndjson")) {
            for (Path file : files) {
                lines.addAll(Files.readAllLines(file));
            }
        }
        return lines;
    }

    @Test
    void aChangeOfANewerReleaseIsNeverPassedOver() throws Exception {
        HashDb one = node();
        one.apply(new Change.CreateBank("A"), ANYONE);
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("INSERT INTO journal (seq, at, actor, reason, kind, payload, prev_hash, hash, bank_id)"
                    + " SELECT seq + 1, at, 'newer', '', 'merge_banks', '{\"bank_id\":1}', hash, sha256('x'), 1"
                    + " FROM journal WHERE seq = 1; UPDATE head SET seq = 2, hash = sha256('x')");
            connection.commit();
        }
        await("the newer change to be noticed", () -> one.followState().unready() != null);
        assertThat(one.followState().unready()).contains("journal row 2 is of a newer release");
        assertThat(one.seq()).isEqualTo(1);
        assertThatExceptionOfType(StorageFailedException.class)
                .isThrownBy(() -> add(one, RandomSeed.hash(random)))
                .withMessageContaining("newer release");
    }

    @Test
    void changesAreFollowedInPagesBesideOwnOnes() throws Exception {
        HashDb one = node();
        HashDb other = node();
        one.apply(new Change.CreateBank("A"), ANYONE);
        CountDownLatch done = new CountDownLatch(1);
        Hash256 last = RandomSeed.hash(random);
        Thread bulk = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < 4; i++) {
                List<ContentDraft> drafts = new ArrayList<>();
                for (int n = 0; n < 6_000; n++) {
                    drafts.add(draft(new Hash256(i, n, 0x5555555555555555L * i, ~n)));
                }
                one.apply(new Change.AddContents("A", drafts), ANYONE);
            }
            add(one, last);
            done.countDown();
        });
        int own = 0;
        while (done.getCount() > 0) {
            Hash256 hash = RandomSeed.hash(random);
            long id = add(other, hash);
            assertThat(found(other, hash)).containsExactly(id);
            own++;
        }
        bulk.join();
        assertThat(own).isPositive();
        awaitSame(one, other);
        assertThat(found(other, last)).hasSize(1);
        assertSound();
    }

    @Test
    void aBackupOpensAlone() throws Exception {
        HashDb one = node();
        one.apply(new Change.CreateBank("A"), ANYONE);
        Hash256 hash = RandomSeed.hash(random);
        long id = add(one, hash);
        Backup.write(
                folder.resolve("node0"),
                server.catalog(database),
                folder.resolve("backup"),
                List.of(),
                InstantSource.system().instant());
        add(one, RandomSeed.hash(random));
        Backup.restore(
                folder.resolve("backup"),
                folder.resolve("alone"),
                false,
                InstantSource.system().instant());
        try (HashDb alone = HashDb.open(folder.resolve("alone"))) {
            assertThat(alone.journal(0, 10)).isEqualTo(one.journal(0, 2));
            assertThat(found(alone, hash)).containsExactly(id);
            assertThat(alone.verify().problems()).isEmpty();
            assertThat(add(alone, RandomSeed.hash(random))).isEqualTo(2);
        }
    }

    @Test
    void aDatabaseOfAFolderBecomesACatalogOfNodes() throws Exception {
        Path alone = folder.resolve("alone");
        Hash256 kept = RandomSeed.hash(random);
        Hash256 gone = RandomSeed.hash(random);
        List<JournalEntry> journal;
        try (HashDb db = HashDb.open(alone)) {
            db.apply(new Change.CreateBank("A"), ANYONE);
            db.apply(
                    new Change.AddContents(
                            "A",
                            List.of(new ContentDraft(
                                    List.of(new Signal(SignalType.PDQ, kept.toHex())),
                                    List.of("Label"),
                                    "A Note of ÄÖÜ",
                                    "source",
                                    "{\"ticket\":7}"))),
                    ANYONE);
            add(db, gone);
            db.apply(new Change.WithdrawContent("A", 2), ANYONE);
            db.apply(new Change.CreateBank("B"), ANYONE);
            db.apply(new Change.DeleteBank("B"), ANYONE);
            journal = db.journal(0, 100);
        }
        Path backup = folder.resolve("backup");
        Backup.write(alone, backup, List.of(), InstantSource.system().instant());
        SharedCatalog shared = server.catalog(database);
        assertThat(Backup.restoreShared(backup, shared)).containsExactly(DatabaseFolder.CATALOG);
        assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(() -> Backup.restoreShared(backup, shared))
                .withMessageContaining("has 6 changes (expected: an empty catalog)");

        HashDb node = node();
        assertThat(node.journal(0, 100)).isEqualTo(journal);
        assertThat(found(node, kept)).containsExactly(1L);
        assertThat(found(node, gone)).isEmpty();
        assertThat(node.contents(
                                "A",
                                new ContentFilter(null, null, null, null, "note of äöü", null, null, null, null, null),
                                Paging.after(0, 10))
                        .rows())
                .hasSize(1);
        assertThat(node.verify().problems()).isEmpty();
        assertThat(add(node, RandomSeed.hash(random))).isEqualTo(3);
        HashDb other = node();
        awaitSame(node, other);
        assertSound();

        // And back: the journal is the same from its first row on.
        Path again = folder.resolve("again");
        Backup.write(
                folder.resolve("node0"),
                shared,
                again,
                List.of(),
                InstantSource.system().instant());
        Backup.restore(
                again, folder.resolve("third"), false, InstantSource.system().instant());
        try (HashDb third = HashDb.open(folder.resolve("third"))) {
            assertThat(third.journal(0, 100)).isEqualTo(node.journal(0, 100));
            assertThat(third.verify().problems()).isEmpty();
        }
    }

    @Test
    void aServerOfBeforeAFailoverIsRefusedAfterARestartToo() throws Exception {
        node().close();
        nodes.clear();
        Path mark = folder.resolve("node0").resolve("catalog.server");
        SealedText format = new SealedText("the mark of the catalog's server", "semblance-server", 1);
        String body = format.open(mark, Files.readString(mark));
        String system = body.strip().split(" ")[0];
        Files.writeString(mark, format.seal(" " + system + " 9 "));
        assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(this::node)
                .withMessageContaining(
                        "the server was the first one before a failover: it is on timeline 1 (expected: 9");
        Files.writeString(mark, format.seal(" 17 1 "));
        assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(this::node)
                .withMessageContaining("if the catalog was moved there, delete " + mark);
        Files.delete(mark);
        node().apply(new Change.CreateBank("A"), ANYONE);
        assertThat(mark).exists();
    }
}
