package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.RandomFeatures;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.hashdb.follow.IndexKeeper;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.hashdb.follow.PeerSnapshots;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.slf4j.LoggerFactory;

/** A node that begins with what a peer gives, or without; in each case its index equals the catalog. */
@Timeout(90)
class PeerSnapshotsTest {
    private static final Origin ANYONE = new Origin("test", "");
    private static final String PEER = "http://peer";

    @TempDir
    private Path folder;

    private final SplittableRandom random = RandomSeed.random();
    private final TestPostgres server = TestPostgres.shared();
    private final String database = server.createDatabase();
    private final TreeMap<Long, Hash256> banked = new TreeMap<>();
    private final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    private final class Told implements DatabaseEvents {
        @Override
        public void built(IndexKind index, Duration took) {
            events.add("built " + index);
        }

        @Override
        public void fetched(IndexKind index, Duration took) {
            events.add("fetched " + index);
        }

        @Override
        public void fetchFailed(IndexKind index) {
            events.add("failed " + index);
        }
    }

    @BeforeEach
    void listen() {
        log.start();
        ((Logger) LoggerFactory.getLogger(IndexKeeper.class)).addAppender(log);
    }

    @AfterEach
    void stopListening() {
        ((Logger) LoggerFactory.getLogger(IndexKeeper.class)).detachAppender(log);
    }

    /** What is wrong with peers, of all nodes of this test; others run beside it. */
    private List<String> warnings() {
        synchronized (log) {
            return log.list.stream()
                    .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                    .map(ILoggingEvent::getFormattedMessage)
                    .filter(text -> text.startsWith(folder.toString()))
                    .map(text -> text.replaceFirst(".*: a peer's is not taken: ", ""))
                    .toList();
        }
    }

    private HashDb open(String node, PeerSnapshots peers) {
        return HashDb.open(folder.resolve(node), server.catalog(database), new Told(), peers);
    }

    private void add(HashDb db, int count) {
        List<ContentDraft> drafts = new ArrayList<>();
        List<Hash256> hashes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            hashes.add(RandomSeed.hash(random));
            drafts.add(new ContentDraft(
                    List.of(new Signal(SignalType.PDQ, hashes.getLast().toHex()))));
        }
        long first = db.apply(new Change.AddContents("A", drafts), ANYONE).firstContentId();
        for (int i = 0; i < count; i++) {
            banked.put(first + i, hashes.get(i));
        }
    }

    /** Has a first node make a list; returns a copy of its snapshot. */
    private Path fill(int hashes) throws IOException {
        try (HashDb db = open("first", PeerSnapshots.NONE)) {
            if (db.bank("A").isEmpty()) {
                db.apply(new Change.CreateBank("A"), ANYONE);
            }
            add(db, hashes);
        }
        Path copy = Files.createTempFile(folder, "copy", "");
        Files.copy(
                folder.resolve("first").resolve(IndexKind.HASHES.fileName()),
                copy,
                StandardCopyOption.REPLACE_EXISTING);
        events.clear();
        return copy;
    }

    private void compare(HashDb db) {
        assertThat(db.size()).isEqualTo(banked.size());
        banked.forEach((id, hash) -> assertThat(db.lookup(hash))
                .as("content %s, %s", id, RandomSeed.replay())
                .singleElement()
                .satisfies(match -> assertThat(match.content().id()).isEqualTo(id)));
        assertThat(db.verify().problems()).as(RandomSeed.replay()).isEmpty();
    }

    private void openAndCompare(String node, PeerSnapshots peers) {
        try (HashDb db = open(node, peers)) {
            compare(db);
        }
        assertThat(folder.resolve(node).resolve(IndexKind.HASHES.fileName() + ".peer"))
                .doesNotExist();
    }

    private static PeerSnapshots.Offer offer(Path snapshot, long bytes, PeerSnapshots.Copying copying) {
        try (SnapshotFormat.Reader head = new SnapshotFormat.Reader(snapshot)) {
            return new PeerSnapshots.Offer(PEER, head.seq(), head.mark(), bytes, copying);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static PeerSnapshots peer(Path snapshot, long bytes) {
        return of(offer(snapshot, bytes, to -> Files.copy(snapshot, to)));
    }

    private static PeerSnapshots of(PeerSnapshots.Offer... offers) {
        return kind -> kind == IndexKind.HASHES ? List.of(offers) : List.of();
    }

    @Test
    void aNewNodeReadsOnlyWhatCameAfterThePeersSnapshot() throws IOException {
        Path snapshot = fill(500);
        try (HashDb db = open("first", PeerSnapshots.NONE)) {
            add(db, 3);
            long gone = banked.firstKey();
            banked.remove(gone);
            db.apply(new Change.WithdrawContent("A", gone), ANYONE);
        }
        openAndCompare("new", peer(snapshot, Files.size(snapshot)));
        assertThat(events).containsExactly("fetched HASHES");
        events.clear();
        openAndCompare("new", kind -> {
            throw new AssertionError("asked, though the node has a snapshot of its own");
        });
        assertThat(events).isEmpty();
    }

    @Test
    void theNewestOfSeveralIsTakenAndTheNextIfThatFails() throws IOException {
        Path older = fill(10);
        Path newer = fill(10);
        PeerSnapshots.Offer fails = offer(newer, 1, to -> {
            throw new IOException("cut off");
        });
        openAndCompare("new", of(offer(older, 1, to -> Files.copy(older, to)), fails));
        assertThat(events).containsExactly("failed HASHES", "fetched HASHES");
        assertThat(warnings()).containsExactly(PEER + ": cut off");
    }

    @Test
    void aDamagedOneIsNamedAndNotTaken() throws IOException {
        Path snapshot = fill(500);
        byte[] good = Files.readAllBytes(snapshot);
        for (int i = 0; i < 10; i++) {
            byte[] bad = good.clone();
            int at = random.nextInt(bad.length);
            bad[at] ^= (byte) (1 << random.nextInt(8));
            openAndCompare("flipped" + i, of(offer(snapshot, bad.length, to -> Files.write(to, bad))));
            byte[] cut = Arrays.copyOf(good, random.nextInt(good.length));
            openAndCompare("cut" + i, of(offer(snapshot, cut.length, to -> Files.write(to, cut))));
            assertThat(events)
                    .as("byte %s, %s bytes, %s", at, cut.length, RandomSeed.replay())
                    .containsExactly("failed HASHES", "built HASHES", "failed HASHES", "built HASHES");
            events.clear();
        }
        assertThat(warnings()).hasSize(20);
    }

    @Test
    void oneOfAnotherCatalogIsNotTakenWhateverThePeerSaysOfIt() throws IOException {
        Path snapshot = fill(5);
        Path other = folder.resolve("other");
        try (HashDb db = HashDb.open(other, server.catalog(server.createDatabase()), DatabaseEvents.NONE)) {
            db.apply(new Change.CreateBank("A"), ANYONE);
            db.apply(
                    new Change.AddContents(
                            "A",
                            List.of(new ContentDraft(List.of(new Signal(
                                    SignalType.PDQ, RandomSeed.hash(random).toHex()))))),
                    ANYONE);
        }
        Path foreign = other.resolve(IndexKind.HASHES.fileName());
        openAndCompare("honest", peer(foreign, Files.size(foreign)));
        openAndCompare("lying", of(offer(snapshot, 1, to -> Files.copy(foreign, to))));
        assertThat(warnings()).hasSize(2).allSatisfy(text -> assertThat(text).contains("belongs to another catalog"));
    }

    @Test
    void oneThatIsAheadOfTheCatalogIsNotTaken() throws IOException {
        Path snapshot = fill(5);
        PeerSnapshots.Offer good = offer(snapshot, 1, to -> Files.copy(snapshot, to));
        openAndCompare("new", of(new PeerSnapshots.Offer(PEER, good.seq() + 1, good.mark(), 1, good.copying())));
        assertThat(warnings()).containsExactly(PEER + ": holds change 3, the catalog goes to 2 only");
    }

    @Test
    void oneThatDoesNotFitOnTheDiskIsNotFetched() throws IOException {
        Path snapshot = fill(5);
        openAndCompare("new", peer(snapshot, Long.MAX_VALUE));
        assertThat(warnings()).singleElement().asString().contains("are free on the disk");
    }

    @Test
    void anOwnOneThatIsFarBehindIsReplacedOnlyByOneThatIsRight() throws Exception {
        Path old = fill(50);
        fill(1);
        Path own = folder.resolve("late").resolve(IndexKind.HASHES.fileName());
        open("late", PeerSnapshots.NONE).close();
        Files.copy(old, own, StandardCopyOption.REPLACE_EXISTING);
        openAndCompare("late", kind -> {
            throw new AssertionError("asked, though little came after the node's own");
        });
        // As if many contents had come and gone.
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute("UPDATE head SET next_content_id = next_content_id + 2000000");
        }
        Path snapshot = fill(1);
        for (PeerSnapshots peers : List.of(
                peer(old, 1), // saves nothing
                peer(snapshot, 2_000_000_000), // saves too little
                of(offer(snapshot, 1, to -> {
                    throw new IOException("cut off");
                })),
                peer(snapshot, 1))) {
            Files.copy(old, own, StandardCopyOption.REPLACE_EXISTING);
            openAndCompare("late", peers);
        }
        assertThat(events).containsExactly("failed HASHES", "fetched HASHES");
    }

    @Test
    void anOwnOneThatIsDamagedIsReplaced() throws IOException {
        Path snapshot = fill(500);
        open("late", PeerSnapshots.NONE).close();
        events.clear();
        Path own = folder.resolve("late").resolve(IndexKind.HASHES.fileName());
        byte[] bytes = Files.readAllBytes(own);
        bytes[bytes.length / 2] ^= 1;
        Files.write(own, bytes);
        openAndCompare("late", peer(snapshot, 1));
        assertThat(events).containsExactly("fetched HASHES");
        assertThat(Files.readAllBytes(own)).isEqualTo(Files.readAllBytes(snapshot));
    }

    @Test
    void featuresComeFromAPeerAsWell() throws IOException {
        BankedPicture picture = new BankedPicture(0, new RandomFeatures(random, 1000, 10).picture(50));
        try (HashDb db = open("first", PeerSnapshots.NONE)) {
            db.apply(new Change.CreateBank("A"), ANYONE);
            Signal digest = new Signal(SignalType.MD5, "ab".repeat(16));
            ContentDraft draft = new ContentDraft(List.of(digest)).withPictures(List.of(picture));
            db.apply(new Change.AddContents("A", List.of(draft)), ANYONE);
        }
        events.clear();
        PeerSnapshots first = kind -> {
            Path file = folder.resolve("first").resolve(kind.fileName());
            return Files.exists(file) ? List.of(offer(file, 1, to -> Files.copy(file, to))) : List.of();
        };
        try (HashDb db = open("new", first)) {
            assertThat(db.lookupFeatures(picture.features(), Set.of(), 34, 40, 10))
                    .hasSize(1);
            assertThat(db.verify().problems()).isEmpty();
        }
        assertThat(events).containsExactly("fetched FEATURES");
    }

    @Test
    void peersThatFailInAWayNobodyThoughtOfDoNotStopTheStart() throws IOException {
        Path snapshot = fill(5);
        openAndCompare("asked", kind -> {
            throw new IllegalStateException("a bug");
        });
        openAndCompare("copied", of(offer(snapshot, 1, to -> {
            throw new IllegalStateException("a bug");
        })));
        assertThat(events).containsExactly("built HASHES", "failed HASHES", "built HASHES");
    }
}
