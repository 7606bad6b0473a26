package org.semblance.server.desk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.auth.Caller;
import org.semblance.server.auth.ScopedDb;

/** Groups of copies against groups that are found by comparing each content with each other. */
class DuplicatesTest {
    private static final Origin ANYONE = new Origin("test", "");
    private static final int DISTANCE = 31;
    private static final long SEED = Long.getLong("semblance.seed", 1_907L);

    @TempDir
    private Path folder;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<Hash256> hashes = new ArrayList<>();
    private HashDb db;

    @BeforeEach
    void open() {
        db = HashDb.open(folder);
        db.apply(new Change.CreateBank("A"), ANYONE);
        db.apply(new Change.CreateBank("B"), ANYONE);
    }

    @AfterEach
    void close() {
        db.close();
    }

    private Hash256 anyHash() {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    private Hash256 near(Hash256 hash, int bits) {
        long[] words = {hash.w3(), hash.w2(), hash.w1(), hash.w0()};
        for (int flipped = 0; flipped < bits; flipped++) {
            int bit = random.nextInt(256);
            words[bit / 64] ^= 1L << bit;
        }
        return new Hash256(words[0], words[1], words[2], words[3]);
    }

    private void add(String bank, ContentDraft draft) {
        db.apply(new Change.AddContents(bank, List.of(draft)), ANYONE);
    }

    private static Signal pdq(Hash256 hash) {
        return new Signal(SignalType.PDQ, hash.toHex());
    }

    private List<Set<Long>> found(int limit) {
        Duplicates duplicates =
                new Duplicates(new ScopedDb(db, Caller.ANYONE), db.bank("A").orElseThrow(), DISTANCE, () -> false);
        List<Set<Long>> groups = new ArrayList<>();
        Long after = 0L;
        while (after != null) {
            Page<Duplicates.Group> page = duplicates.groups(after, limit);
            page.rows().forEach(group -> groups.add(group.members().keySet()));
            after = page.next();
        }
        return groups;
    }

    @Test
    void groupsPicturesAsAWalkDoes() {
        TreeMap<Long, Hash256> there = new TreeMap<>();
        for (long id = 1; id <= 300; id++) {
            Hash256 hash = hashes.isEmpty() || random.nextInt(3) == 0
                    ? anyHash()
                    : near(hashes.get(random.nextInt(hashes.size())), random.nextInt(50));
            hashes.add(hash);
            String bank = random.nextInt(8) == 0 ? "B" : "A";
            add(bank, new ContentDraft(List.of(pdq(hash))));
            if (bank.equals("A")) {
                there.put(id, hash);
            }
        }
        for (int i = 0; i < 40; i++) {
            long id = random.nextLong(1, 301);
            if (there.containsKey(id)) {
                if (random.nextBoolean()) {
                    db.apply(new Change.WithdrawContent("A", id), ANYONE);
                    there.remove(id);
                } else {
                    db.apply(new Change.UpdateContent("A", id, ContentStatus.DISABLED, null), ANYONE);
                }
            }
        }
        assertThat(found(1 + random.nextInt(20))).as("seed %d", SEED).isEqualTo(walked(there));
    }

    /** Groups of more than one, by their lowest id. */
    private static List<Set<Long>> walked(SortedMap<Long, Hash256> there) {
        List<Set<Long>> groups = new ArrayList<>();
        Set<Long> done = new TreeSet<>();
        for (long first : there.keySet()) {
            if (done.contains(first)) {
                continue;
            }
            TreeSet<Long> group = new TreeSet<>(Set.of(first));
            List<Long> open = new ArrayList<>(group);
            while (!open.isEmpty()) {
                Hash256 hash = Objects.requireNonNull(there.get(open.removeLast()));
                there.forEach((id, other) -> {
                    if (other.distance(hash) <= DISTANCE && group.add(id)) {
                        open.add(id);
                    }
                });
            }
            done.addAll(group);
            if (group.size() > 1) {
                groups.add(group);
            }
        }
        return groups;
    }

    private KnownVideo video(int durationMs, List<Hash256> frames) {
        return new KnownVideo(
                durationMs,
                IntStream.range(0, frames.size())
                        .mapToObj(i -> new FrameSpan(near(frames.get(i), 4), 100, 100 * i, 100 * i + 50))
                        .toList());
    }

    @Test
    void groupsVideosByTheirFramesAndAnythingByItsDigests() {
        List<Hash256> frames = IntStream.range(0, 60).mapToObj(i -> anyHash()).toList();
        Signal md5 = new Signal(SignalType.MD5, "0123456789abcdef0123456789abcdef");
        add("A", new ContentDraft(List.of(), video(10_000, frames)));
        add("A", new ContentDraft(List.of(pdq(frames.get(3)))));
        add("A", new ContentDraft(List.of(), video(10_400, frames.subList(0, 55))));
        // A part of it is no copy of it.
        add("A", new ContentDraft(List.of(), video(4_000, frames.subList(0, 20))));
        add("A", new ContentDraft(List.of(md5)));
        add("B", new ContentDraft(List.of(md5)));
        add("A", new ContentDraft(List.of(md5, pdq(anyHash()))));
        assertThat(found(100)).containsExactly(Set.of(1L, 3L), Set.of(5L, 7L));
    }
}
