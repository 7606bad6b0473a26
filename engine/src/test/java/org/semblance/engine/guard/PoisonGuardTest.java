package org.semblance.engine.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** Hubs are held among good contents, and good ones are not. */
class PoisonGuardTest {
    private static final long SEED = Long.getLong("semblance.seed", System.nanoTime());
    private static final Origin TEST = new Origin("test", "");
    private static final int GOOD = 10_000;
    private static final int HUBS_OF_A_KIND = 25;

    @TempDir
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private HashDb db;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<Hash256> uploads = new ArrayList<>();

    private final RecentNeighbours recent = new RecentNeighbours() {
        @Override
        public int near(Hash256 hash, int maxDistance, int most) {
            return (int) uploads.stream()
                    .filter(upload -> upload.distance(hash) <= maxDistance)
                    .limit(most)
                    .count();
        }

        @Override
        public long uploads() {
            return uploads.size();
        }
    };

    @BeforeEach
    void open() {
        db = HashDb.open(folder);
        db.apply(new Change.CreateBank("BAD"), TEST);
        db.apply(new Change.CreateBank("FINE", BankKind.ALLOW, 1, "", null), TEST);
    }

    @AfterEach
    void close() {
        db.close();
    }

    /** With half of its bits set, as PDQ's. */
    private Hash256 hash() {
        Hash256 hash = Hash256.ZERO;
        while (hash.bitCount() < 128) {
            int bit = random.nextInt(256);
            hash = hash.bit(bit) ? hash : hash.flip(bit);
        }
        return hash;
    }

    private Hash256 near(Hash256 hash, int bits) {
        return hash.flip(random.ints(0, 256).distinct().limit(bits).toArray());
    }

    private static ContentDraft draft(Hash256 hash) {
        return new ContentDraft(List.of(new Signal(SignalType.PDQ, hash.toHex(), 100)));
    }

    private void bank(String bank, List<Hash256> hashes) {
        db.apply(
                new Change.AddContents(
                        bank, hashes.stream().map(PoisonGuardTest::draft).toList()),
                TEST);
    }

    private List<Hash256> hubs(Supplier<Hash256> crafted) {
        return java.util.stream.Stream.generate(crafted).limit(HUBS_OF_A_KIND).toList();
    }

    private List<ContentDraft> check(List<Hash256> hashes) {
        Bank bank = db.bank("BAD").orElseThrow();
        return new PoisonGuard(db, recent, 20)
                .check(bank, hashes.stream().map(PoisonGuardTest::draft).toList(), Set.of());
    }

    @Test
    void holdsHubsAndNoGoodOnes() {
        List<Hash256> good = new ArrayList<>();
        while (good.size() < GOOD) { // Some are copies of others, as they are in any list.
            good.add(
                    good.isEmpty() || random.nextInt(4) > 0
                            ? hash()
                            : near(good.get(random.nextInt(good.size())), random.nextInt(16)));
        }
        bank("BAD", good.subList(0, GOOD / 2));
        good.subList(0, GOOD).forEach(hash -> uploads.add(near(hash, random.nextInt(10))));
        List<Hash256> hubs = new ArrayList<>();
        hubs.addAll(hubs(() -> {
            Hash256 hub = hash();
            bank(
                    "BAD",
                    java.util.stream.Stream.generate(() -> near(hub, 28))
                            .limit(8)
                            .toList());
            return hub;
        }));
        hubs.addAll(hubs(() -> {
            Hash256 hub = hash();
            java.util.stream.Stream.generate(() -> near(hub, random.nextInt(30)))
                    .limit(40)
                    .forEach(uploads::add);
            return hub;
        }));
        hubs.addAll(hubs(() -> {
            Hash256 allowed = hash();
            bank("FINE", List.of(allowed));
            return near(allowed, random.nextInt(30));
        }));
        hubs.addAll(hubs(() -> near(Hash256.ZERO, random.nextInt(90))));

        List<ContentDraft> checked = check(hubs);
        assertThat(checked.stream().filter(draft -> draft.treatment().isQuarantined()))
                .as("replay with -Dsemblance.seed=" + SEED)
                .hasSizeGreaterThanOrEqualTo(95);
        assertThat(check(good).stream().filter(draft -> draft.treatment().isQuarantined()))
                .as("replay with -Dsemblance.seed=" + SEED)
                .hasSizeLessThanOrEqualTo(GOOD / 100);
        assertThat(checked.stream()
                        .map(draft -> draft.treatment().quarantine())
                        .filter(java.util.Objects::nonNull)
                        .map(Quarantine::reason))
                .anyMatch(reason -> reason.contains("near allowed content"))
                .anyMatch(reason -> reason.contains("recent uploads"))
                .anyMatch(reason -> reason.contains("not near each other"))
                .anyMatch(reason -> reason.contains("flat"));
    }

    @Test
    void holdsTheDigestOfAPixelWithItsBytes() {
        Bank bank = db.bank("BAD").orElseThrow();
        ContentDraft pixel = new ContentDraft(
                List.of(new Signal(SignalType.MD5, "93b885adfe0da089cdf634904fd59f71"))); // one zero byte
        Quarantine quarantine = new PoisonGuard(db, recent, 20)
                .check(bank, List.of(pixel), Set.of())
                .getFirst()
                .treatment()
                .quarantine();
        assertThat(quarantine).isEqualTo(new Quarantine("held: the md5 of 1 zero bytes", true));
    }

    @Test
    void holdsNothingThatIsToBeAllowed() {
        Bank fine = db.bank("FINE").orElseThrow();
        ContentDraft flat = draft(Hash256.ZERO);
        assertThat(new PoisonGuard(db, recent, 20).check(fine, List.of(flat), Set.of()))
                .containsExactly(flat);
    }
}
