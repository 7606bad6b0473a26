package org.semblance.hashdb.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.features.FeatureIndex;
import org.semblance.hashdb.file.FormatException;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.kernel.Kernels;

class SnapshotTest {
    private final RandomHashes hashes = RandomHashes.fromRunSeed();

    @TempDir
    Path folder;

    private record Hit(int distance, long contentId) {}

    private static PigeonringIndex newIndex(boolean withTables) {
        return new PigeonringIndex(Kernels.best(), tuning(withTables));
    }

    private static PigeonringIndex.Tuning tuning(boolean withTables) {
        return new PigeonringIndex.Tuning(withTables ? 0 : 1 << 20, false, 256, Ring.SIXTEEN);
    }

    private static final class Hits implements Forms.Hits {
        final Set<Hit> found = new HashSet<>();

        @Override
        public void hit(int query, int distance, long contentId) {
            assertThat(found.add(new Hit(distance, contentId))).isTrue();
        }

        @Override
        public Set<Hit> sorted() {
            return found;
        }
    }

    private static Set<Hit> all(HashIndex index, Hash256 query, int maxDistance) {
        long[] words = {query.w3(), query.w2(), query.w1(), query.w0()};
        return Forms.lookup(index, words, 1, maxDistance, Hits::new).found;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void opensAsTheSameIndexAndGoesOnLive(boolean withTables) throws IOException {
        Path file = folder.resolve("index");
        Hash256[] stored = new Hash256[3_000];
        Hash256 seed = hashes.halfSet();
        try (PigeonringIndex index = newIndex(withTables);
                HashIndex scan = new LinearScanIndex()) {
            for (int i = 0; i < stored.length; i++) {
                stored[i] = hashes.any(seed);
                for (HashIndex each : new HashIndex[] {index, scan}) {
                    each.add(stored[i], i);
                    // Lists of contents, some of which shrink to one again.
                    each.add(stored[i / 2], 10_000 + i);
                    if (i % 3 == 0) {
                        each.remove(stored[i / 3], i / 3);
                    }
                }
            }
            index.save(file, 42, seed);
            PigeonringIndex.Opened opened = PigeonringIndex.open(file, Kernels.best(), tuning(withTables));
            try (PigeonringIndex again = opened.index()) {
                assertThat(opened.seq()).isEqualTo(42);
                assertThat(opened.mark()).isEqualTo(seed);
                assertThat(again.size()).isEqualTo(scan.size());
                assertSame(again, scan, seed);
                for (int i = 0; i < stored.length; i++) {
                    if (i % 4 == 0) {
                        assertThat(again.remove(stored[i], i)).isEqualTo(scan.remove(stored[i], i));
                    }
                    if (i % 5 == 0) {
                        Hash256 hash = hashes.any(seed);
                        again.add(hash, 50_000 + i);
                        scan.add(hash, 50_000 + i);
                    }
                }
                assertThat(again.size()).isEqualTo(scan.size());
                assertSame(again, scan, seed);
                again.save(file, 43, seed);
            }
            try (PigeonringIndex third = PigeonringIndex.open(file, Kernels.best(), tuning(withTables))
                    .index()) {
                assertSame(third, scan, seed);
            }
        }
    }

    /** From sixteen tables to twelve and back, as a set needs that grows and shrinks. */
    @Test
    void makesTheTablesAnewIfTheSetHasOutgrownThem() throws IOException {
        Path file = folder.resolve("index");
        Hash256 seed = hashes.halfSet();
        try (PigeonringIndex index = new PigeonringIndex(Kernels.best(), tuning(5_000));
                HashIndex scan = new LinearScanIndex()) {
            for (int i = 0; i < 3_000; i++) {
                Hash256 hash = hashes.any(seed);
                index.add(hash, i);
                scan.add(hash, i);
            }
            assertThat(index.state().tables()).isEqualTo(16);
            index.save(file, 1, seed);
            try (PigeonringIndex large =
                    PigeonringIndex.open(file, Kernels.best(), tuning(1_000)).index()) {
                assertThat(large.state().tables()).isEqualTo(12);
                Hash256 hash = hashes.any(seed);
                large.add(hash, 10_000);
                scan.add(hash, 10_000);
                assertSame(large, scan, seed);
                large.save(file, 2, seed);
            }
            // They are kept until the set has less than half the size from which they are made.
            for (int largeFrom : new int[] {5_000, 7_000}) {
                try (PigeonringIndex again = PigeonringIndex.open(file, Kernels.best(), tuning(largeFrom))
                        .index()) {
                    assertThat(again.state().tables()).isEqualTo(largeFrom == 5_000 ? 12 : 16);
                    assertSame(again, scan, seed);
                }
            }
        }
    }

    private static PigeonringIndex.Tuning tuning(int largeFrom) {
        return new PigeonringIndex.Tuning(0, false, 256, Ring.SIXTEEN, Ring.TWELVE, largeFrom);
    }

    private void assertSame(HashIndex index, HashIndex scan, Hash256 seed) {
        for (Hash256 query : new Hash256[] {seed, Hash256.ZERO, hashes.any(seed), hashes.uniform()}) {
            for (int d : new int[] {0, 7, 31, 45, 256}) {
                assertThat(all(index, query, d))
                        .as("%s within %d, %s", query, d, hashes.replay())
                        .isEqualTo(all(scan, query, d));
            }
        }
    }

    @Test
    void savesAnEmptyIndex() throws IOException {
        Path file = folder.resolve("index");
        try (PigeonringIndex index = newIndex(true)) {
            index.save(file, 0, Hash256.ZERO);
        }
        try (PigeonringIndex index = PigeonringIndex.open(file).index()) {
            assertThat(index.size()).isZero();
            assertThat(index.add(Hash256.ZERO, 1)).isTrue();
            assertThat(all(index, Hash256.ZERO, 0)).containsExactly(new Hit(0, 1));
        }
    }

    @Test
    void refusesAFileWithAnyByteChanged() throws IOException {
        byte[] good = smallFile();
        Path file = folder.resolve("index");
        for (int i = 0; i < 150; i++) {
            byte[] bad = good.clone();
            int at = i < 88 ? i : hashes.random.nextInt(bad.length);
            bad[at] ^= (byte) (1 << hashes.random.nextInt(8));
            Files.write(file, bad);
            assertThatExceptionOfType(failure(at))
                    .as("byte %d, %s", at, hashes.replay())
                    .isThrownBy(() -> PigeonringIndex.open(file).index().close())
                    .withMessageContaining(file.toString());
        }
    }

    @Test
    void refusesAFileThatIsCutShort() throws IOException {
        byte[] good = smallFile();
        Path file = folder.resolve("index");
        for (int i = 0; i < 100; i++) {
            int length = i < 88 ? i : hashes.random.nextInt(good.length);
            Files.write(file, Arrays.copyOf(good, length));
            assertThatExceptionOfType(failure(length))
                    .as("%d bytes, %s", length, hashes.replay())
                    .isThrownBy(() -> PigeonringIndex.open(file).index().close());
        }
    }

    /** Of a file that is not what was written from that byte on. */
    private static Class<? extends FormatException> failure(int fromByte) {
        return fromByte < Long.BYTES ? FormatException.OtherFormat.class : FormatException.Damaged.class;
    }

    @Test
    void tellsOtherVersionsAndOtherFormatsFromDamage() throws IOException {
        byte[] good = smallFile();
        Path file = folder.resolve("index");
        Files.write(file, withVersion(good, SnapshotFormat.VERSION + 1));
        assertThatExceptionOfType(FormatException.OtherVersion.class)
                .isThrownBy(() -> PigeonringIndex.open(file).index().close())
                .withMessage(file + ": index snapshot of version 3 (expected: 2; written by a newer release)");
        Files.write(file, withVersion(good, SnapshotFormat.VERSION - 1));
        assertThatExceptionOfType(FormatException.OtherVersion.class)
                .isThrownBy(() -> PigeonringIndex.open(file).index().close())
                .withMessage(file + ": index snapshot of version 1 (expected: 2; written by an older release)");
        Files.writeString(file, "{\"keys\": []}");
        assertThatExceptionOfType(FormatException.OtherFormat.class)
                .isThrownBy(() -> PigeonringIndex.open(file).index().close())
                .withMessage(file + ": not an index snapshot");
        Files.write(file, good);
        assertThatExceptionOfType(FormatException.OtherFormat.class)
                .isThrownBy(() -> FeatureIndex.open(file).index().close())
                .withMessage(file + ": not an index snapshot that begins with PICTURES");
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() ->
                        PigeonringIndex.open(folder.resolve("none")).index().close());
    }

    /** As another release would write it: with a head whose checksum is right. */
    private static byte[] withVersion(byte[] file, int version) {
        byte[] other = file.clone();
        ByteBuffer head = ByteBuffer.wrap(other).order(ByteOrder.nativeOrder());
        head.putInt(8, version);
        CRC32C crc = new CRC32C();
        crc.update(other, 0, 56);
        head.putLong(56, crc.getValue());
        return other;
    }

    private byte[] smallFile() throws IOException {
        Path file = folder.resolve("small");
        try (PigeonringIndex index = new PigeonringIndex()) {
            for (int i = 0; i < 100; i++) {
                index.add(hashes.uniform(), i);
                index.add(Hash256.ZERO, i);
            }
            index.save(file, 7, hashes.uniform());
        }
        return Files.readAllBytes(file);
    }
}
