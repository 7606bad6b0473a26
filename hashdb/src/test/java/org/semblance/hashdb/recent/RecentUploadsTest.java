package org.semblance.hashdb.recent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.RandomSeed;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

/** Recent uploads are found while they are kept, each once, over restarts and changes of the limits. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RecentUploadsTest {
    private static final Duration WEEK = Duration.ofDays(7);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final SplittableRandom random = RandomSeed.random();
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2027-01-31T12:00:00Z"));
    private final InstantSource clock = () -> Objects.requireNonNull(now.get());

    private RecentUploads open(long hashes) throws IOException, InterruptedException {
        RecentUploads uploads = RecentUploads.open(folder, new RecentUploads.Limits(hashes, WEEK), clock);
        uploads.awaitLoaded();
        return uploads;
    }

    private Upload upload(int hashes, @Nullable String key, @Nullable String reference) {
        List<HashAndQuality> all = new ArrayList<>();
        for (int i = 0; i < hashes; i++) {
            all.add(new HashAndQuality(RandomSeed.hash(random), 50 + random.nextInt(51)));
        }
        return new Upload(all, key, reference);
    }

    private static NearUploads near(RecentUploads uploads, Hash256 hash, int distance) {
        return uploads.near(List.of(hash), distance, key -> true, Integer.MAX_VALUE, () -> false);
    }

    /** What the model says is found: reference and distance, the newest first. */
    private record Expected(String reference, int distance, int near) {}

    private static List<Expected> expected(List<Upload> model, Hash256 hash, int distance) {
        List<Expected> expected = new ArrayList<>();
        for (Upload upload : model.reversed()) {
            List<Integer> near = upload.hashes().stream()
                    .map(one -> one.hash().distance(hash))
                    .filter(bits -> bits <= distance)
                    .toList();
            if (!near.isEmpty()) {
                expected.add(new Expected(
                        String.valueOf(upload.reference()),
                        near.stream().min(Comparator.naturalOrder()).orElseThrow(),
                        near.size()));
            }
        }
        return expected;
    }

    private static List<Expected> found(NearUploads near) {
        assertThat(near.more()).isFalse();
        return near.uploads().stream()
                .map(one -> new Expected(String.valueOf(one.upload().reference()), one.distance(), one.hashesNear()))
                .toList();
    }

    @Test
    void findsWhatAModelFindsOverRestarts() throws Exception {
        int capacity = 300;
        List<Upload> model = new ArrayList<>();
        List<Hash256> asked = new ArrayList<>();
        RecentUploads uploads = open(capacity);
        try {
            for (int step = 0; step < 2_000; step++) {
                String reference = "upload-" + step;
                Upload upload;
                if (!asked.isEmpty() && random.nextInt(3) == 0) { // A copy, mostly an exact one.
                    Hash256 like = RandomSeed.at(
                            asked.get(random.nextInt(asked.size())), random.nextInt(2) * random.nextInt(40), random);
                    upload = new Upload(List.of(new HashAndQuality(like, 90)), "key", reference);
                } else {
                    upload = upload(random.nextInt(10) == 0 ? 1 + random.nextInt(20) : 1, "key", reference);
                }
                uploads.offer(upload);
                model.add(upload);
                if (asked.size() < 40 || random.nextInt(20) == 0) {
                    asked.add(upload.hashes().getFirst().hash());
                }
                forget(model, capacity);
                if (random.nextInt(20) == 0) {
                    Hash256 query = RandomSeed.at(asked.get(random.nextInt(asked.size())), random.nextInt(20), random);
                    int distance = random.nextInt(60);
                    assertThat(found(near(uploads, query, distance)))
                            .as("step %s, %s", step, RandomSeed.replay())
                            .containsExactlyElementsOf(expected(model, query, distance));
                }
                if (random.nextInt(200) == 0) {
                    uploads.close();
                    uploads = open(capacity);
                }
            }
            assertThat(uploads.state().hashes()).isLessThanOrEqualTo(capacity);
        } finally {
            uploads.close();
        }
    }

    /** The oldest hashes leave first, one by one. */
    private static void forget(List<Upload> model, int capacity) {
        int hashes = model.stream().mapToInt(upload -> upload.hashes().size()).sum();
        while (hashes > capacity) {
            Upload oldest = model.removeFirst();
            int size = oldest.hashes().size();
            int stay = Math.min(size, Math.max(0, capacity - (hashes - size)));
            if (stay > 0) {
                model.addFirst(
                        new Upload(oldest.hashes().subList(size - stay, size), oldest.key(), oldest.reference()));
            }
            hashes -= size - stay;
        }
    }

    @Test
    void findsAPictureThatManySendEachTime() throws Exception {
        Hash256 viral = RandomSeed.hash(random);
        try (RecentUploads uploads = open(20_000)) {
            for (int i = 0; i < 30_000; i++) {
                uploads.offer(new Upload(List.of(new HashAndQuality(viral, 100)), null, Integer.toString(i)));
                if (i % 10_000 == 0) {
                    near(uploads, viral, 0); // Waits, so that nothing is dropped.
                }
            }
            List<NearUploads.Near> found = near(uploads, viral, 0).uploads();
            assertThat(found).hasSize(20_000);
            assertThat(found.getFirst().upload().reference()).isEqualTo("29999");
            assertThat(found.getLast().upload().reference()).isEqualTo("10000");
            assertThat(uploads.state().indexed()).isOne();
            assertThat(uploads.near(List.of(viral), 0, key -> true, 10, () -> false))
                    .satisfies(some -> assertThat(some.uploads()).hasSize(10))
                    .satisfies(some -> assertThat(some.more()).isTrue());
        }
    }

    @Test
    void tellsKeysAndNothingOfThoseThatAreNotWanted() throws Exception {
        Hash256 hash = RandomSeed.hash(random);
        List<HashAndQuality> same = List.of(new HashAndQuality(hash, 77));
        try (RecentUploads uploads = open(100)) {
            uploads.offer(new Upload(same, "a", "of a"));
            uploads.offer(new Upload(same, null, null));
            uploads.offer(new Upload(same, "b", "of b"));
        }
        try (RecentUploads uploads = open(100)) {
            List<NearUploads.Near> found = uploads.near(List.of(hash), 31, key -> !"b".equals(key), 10, () -> false)
                    .uploads();
            assertThat(found).extracting(near -> near.upload().key()).containsExactly(null, "a");
            assertThat(found).extracting(near -> near.upload().reference()).containsExactly(null, "of a");
            assertThat(found.getFirst().upload().at()).isEqualTo(now.get());
            assertThat(found.getFirst().upload().quality()).isEqualTo(77);
        }
    }

    @Test
    void letsGoOfWhatIsTooOld() throws Exception {
        Upload old = upload(1, null, "old");
        Upload fresh = upload(1, null, "fresh");
        Hash256 hash = old.hashes().getFirst().hash();
        try (RecentUploads uploads = open(100)) {
            uploads.offer(old);
            assertThat(near(uploads, hash, 0).uploads()).hasSize(1);
            now.updateAndGet(at -> at.plus(WEEK));
            uploads.offer(fresh);
            assertThat(near(uploads, hash, 0).uploads()).hasSize(1);
            now.updateAndGet(at -> at.plusMillis(1));
            assertThat(near(uploads, hash, 0).uploads()).isEmpty();
            assertThat(near(uploads, fresh.hashes().getFirst().hash(), 0).uploads())
                    .hasSize(1);
            // The index lets go of an upload after the ring.
            while (uploads.state().hashes() > 1 || uploads.state().indexed() > 1) {
                Thread.onSpinWait();
            }
            assertThat(uploads.state().indexed()).isOne();
        }
    }

    @Test
    void longReferencesMakeTheRingShorterAndNoneWrong() throws Exception {
        List<Upload> all = new ArrayList<>();
        try (RecentUploads uploads = open(100)) {
            for (int i = 0; i < 300; i++) {
                Upload upload = upload(1, null, i + "\u4e2d".repeat(random.nextInt(250)));
                all.add(upload);
                uploads.offer(upload);
            }
            int found = 0;
            for (Upload upload : all) {
                for (NearUploads.Near near :
                        near(uploads, upload.hashes().getFirst().hash(), 0).uploads()) {
                    assertThat(near.upload().reference()).isEqualTo(upload.reference());
                    found++;
                }
            }
            assertThat(found).isBetween(8, 99);
        }
    }

    @Test
    void givesAllUploadsNewestFirst() throws Exception {
        try (RecentUploads uploads = open(1_000)) {
            List<List<Hash256>> offered = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                Upload upload = upload(1 + i % 7, null, null);
                uploads.offer(upload);
                offered.addFirst(upload.hashes().stream()
                        .map(HashAndQuality::hash)
                        .toList()
                        .reversed());
            }
            List<List<Hash256>> given = new ArrayList<>();
            uploads.newestFirst((id, key, hashes) -> given.add(hashes));
            assertThat(given).isEqualTo(offered);
            given.clear();
            uploads.newestFirst((id, key, hashes) -> given.add(hashes) && given.size() < 5);
            assertThat(given).isEqualTo(offered.subList(0, 5));
        }
    }

    @Test
    void keepsSomeHashesOfALongVideo() throws Exception {
        Upload video = upload(1_000, null, "long");
        try (RecentUploads uploads = open(1_000)) {
            uploads.offer(video);
            List<Hash256> all =
                    video.hashes().stream().map(HashAndQuality::hash).toList();
            NearUploads.Near only =
                    uploads.near(all, 0, key -> true, 10, () -> false).uploads().getFirst();
            assertThat(only.hashesNear()).isEqualTo(RecentUploads.MAX_HASHES);
            assertThat(only.upload().hashes()).isEqualTo(RecentUploads.MAX_HASHES);
        }
    }

    @Test
    void keepsTheNewestWhenTheLimitChanges() throws Exception {
        List<Upload> all = new ArrayList<>();
        try (RecentUploads uploads = open(100)) {
            for (int i = 0; i < 100; i++) {
                Upload upload = upload(1, "k" + i % 3, "r" + i);
                all.add(upload);
                uploads.offer(upload);
            }
        }
        for (int capacity : new int[] {40, 200}) {
            try (RecentUploads uploads = open(capacity)) {
                for (int i = 0; i < 100; i++) {
                    List<NearUploads.Near> found = near(
                                    uploads, all.get(i).hashes().getFirst().hash(), 0)
                            .uploads();
                    assertThat(found).as("%s of %s", i, capacity).hasSize(i < 60 ? 0 : 1);
                    if (i >= 60) {
                        assertThat(found.getFirst().upload().key()).isEqualTo("k" + i % 3);
                        assertThat(found.getFirst().upload().reference()).isEqualTo("r" + i);
                    }
                }
            }
        }
    }

    @Test
    void losesADamagedSlotAloneAndBeginsAnewWithoutAHead() throws Exception {
        List<Upload> all = new ArrayList<>();
        try (RecentUploads uploads = open(50)) {
            for (int i = 0; i < 50; i++) {
                all.add(upload(1, "k", "r" + i));
                uploads.offer(all.getLast());
            }
        }
        Path file = folder.resolve("recent.uploads");
        flip(file, 4_096 + 7 * RingFile.SLOT_BYTES + random.nextInt(RingFile.SLOT_BYTES));
        try (RecentUploads uploads = open(50)) {
            for (int i = 0; i < 50; i++) {
                assertThat(near(uploads, all.get(i).hashes().getFirst().hash(), 0)
                                .uploads())
                        .as("%s, %s", i, RandomSeed.replay())
                        .hasSize(i == 7 ? 0 : 1);
            }
        }
        flip(file, random.nextInt(40));
        try (RecentUploads uploads = open(50)) {
            assertThat(uploads.state().hashes()).isZero();
            uploads.offer(all.getFirst());
            assertThat(near(uploads, all.getFirst().hashes().getFirst().hash(), 0)
                            .uploads())
                    .hasSize(1);
        }
        flip(folder.resolve("recent.keys"), 3);
        try (RecentUploads uploads = open(50)) {
            assertThat(uploads.state().hashes()).isZero();
        }
    }

    private static void flip(Path file, int at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ 0x10)).rewind();
            channel.write(one, at);
        }
    }

    @Test
    void takesLittleMemoryAnUpload() throws Exception {
        try (RecentUploads uploads = open(1_000_000)) {
            RecentState state = uploads.state();
            // The index of nothing has a few chunks of its own; the steps are 4 bytes a hash.
            assertThat(RingFile.SLOT_BYTES + Integer.BYTES).isLessThanOrEqualTo(64);
            assertThat(state.fileBytes())
                    .isLessThanOrEqualTo(1_000_000L * (RingFile.SLOT_BYTES + RingFile.TEXT_BYTES_A_SLOT) + 4_096);
            assertThat(Files.size(folder.resolve("recent.uploads"))).isEqualTo(state.fileBytes());
        }
    }

    @Test
    void refusesWhatIsNoUpload() throws Exception {
        try (RecentUploads uploads = open(10)) {
            assertThatThrownBy(() -> uploads.offer(new Upload(List.of(), null, null)))
                    .hasMessage("hashes: none (expected: at least one)");
            assertThatThrownBy(() -> uploads.offer(upload(1, null, "x".repeat(257))))
                    .hasMessage("reference: 257 characters (expected: at most 256)");
        }
    }
}
