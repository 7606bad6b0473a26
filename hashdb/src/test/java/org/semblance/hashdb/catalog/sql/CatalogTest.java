package org.semblance.hashdb.catalog.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.RandomSeed;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentSink;
import org.semblance.hashdb.catalog.HashSink;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.PictureSink;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.catalog.sql.Catalog.Outcome;
import org.semblance.hashdb.catalog.sql.Catalog.Submission;
import org.semblance.hashdb.catalog.write.NewContents;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.RandomFeatures;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** Wherever the catalog is. */
class CatalogTest {
    private static final Origin ANYONE = new Origin("test", "");
    private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

    @TempDir
    private Path folder;

    private Catalog catalog;

    @BeforeEach
    void open() {
        catalog = open(folder);
    }

    Catalog open(Path of) {
        return Catalog.open(of.resolve("catalog.db"));
    }

    @AfterEach
    void close() {
        catalog.close();
    }

    private List<Outcome> commit(Change... changes) {
        return commit(catalog, changes);
    }

    static List<Outcome> commit(Catalog catalog, Change... changes) {
        List<Submission> proposals = new ArrayList<>();
        for (Change change : changes) {
            proposals.add(new Submission(change, ANYONE));
        }
        return catalog.commit(proposals, NOW);
    }

    static Change.AddContents add(int contents) {
        List<ContentDraft> drafts = new ArrayList<>();
        for (int i = 0; i < contents; i++) {
            Hash256 hash = new Hash256(i, i, i, i);
            drafts.add(new ContentDraft(List.of(new Signal(SignalType.PDQ, hash.toHex()))));
        }
        return new Change.AddContents("A", drafts);
    }

    static void assertCommitted(Outcome outcome, long seq) {
        assertThat(outcome).isInstanceOf(Outcome.Committed.class);
        assertThat(((Outcome.Committed) outcome).applied().seq()).isEqualTo(seq);
    }

    static RuntimeException why(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused) outcome).why();
    }

    @Test
    void commitsTheAcceptedOfAGroupAndRefusesTheOthers() {
        List<Outcome> outcomes =
                commit(new Change.CreateBank("A"), new Change.CreateBank("A"), new Change.DeleteBank("X"), add(1));
        assertCommitted(outcomes.get(0), 1);
        assertThat(why(outcomes.get(1))).hasMessage("bank 'A' already exists");
        assertThat(why(outcomes.get(2))).hasMessage("bank 'X' not found");
        assertCommitted(outcomes.get(3), 2);
        assertThat(catalog.seq()).isEqualTo(2);
        assertThat(catalog.journal(0, 10)).hasSize(2);
    }

    @Test
    void followsFromAnyChangeToTheSameState() {
        commit(new Change.CreateBank("A"), add(3), new Change.CreateBank("B"));
        commit(new Change.WithdrawContent("A", 2), add(2), new Change.UpdateBank("B", BankFields.NONE.withName("C")));
        for (long after = 0; after <= 6; after++) {
            List<Long> live = new ArrayList<>();
            List<Long> gone = new ArrayList<>();
            Catalog.State state = catalog.follow(
                    after, null, (contentId, isLive, hash) -> (isLive ? live : gone).add(contentId), null);
            assertThat(state.seq()).isEqualTo(6);
            assertThat(state.banks()).extracting("name").containsExactly("A", "C");
            if (after < 2) {
                assertThat(live).containsExactly(1L, 3L, 4L, 5L);
                assertThat(gone).containsExactly(2L);
            } else if (after < 4) {
                assertThat(live).containsExactly(4L, 5L);
                assertThat(gone).containsExactly(2L);
            } else if (after == 4) {
                assertThat(live).containsExactly(4L, 5L);
            } else {
                assertThat(live).isEmpty();
                assertThat(gone).isEmpty();
            }
        }
    }

    @Test
    void aBankThatWasDeletedAndRestoredIsThereHoweverMuchIsFollowedAtOnce() {
        commit(new Change.CreateBank("A"), add(3));
        commit(new Change.DeleteBank("A"));
        commit(new Change.Undo(3));
        for (long after = 0; after <= 3; after++) {
            Set<Long> hashes = new TreeSet<>();
            Set<Long> contents = new TreeSet<>();
            catalog.follow(
                    after,
                    new Nothing() {
                        @Override
                        public void content(ContentRecord content) {
                            contents.add(content.id());
                        }

                        @Override
                        public void withdrawn(long contentId) {
                            contents.remove(contentId);
                        }
                    },
                    (contentId, isLive, hash) -> {
                        if (isLive) {
                            hashes.add(contentId);
                        } else {
                            hashes.remove(contentId);
                        }
                    },
                    null);
            assertThat(contents).as("after %s", after).containsExactly(1L, 2L, 3L);
            assertThat(hashes).as("after %s", after).containsExactly(1L, 2L, 3L);
        }
    }

    /** Nothing is read back of what a commit of additions added, so it must be told as it is stored. */
    @Test
    void whatWasAddedIsToldAsItIsReadBack() {
        SplittableRandom random = RandomSeed.random();
        commit(new Change.CreateBank("A"));
        assertThat(catalog.takeAdded()).isNull();
        for (int round = 0; round < 5; round++) {
            long before = catalog.seq();
            Change[] changes = new Change[1 + random.nextInt(4)];
            for (int i = 0; i < changes.length; i++) {
                List<ContentDraft> drafts = new ArrayList<>();
                for (int j = random.nextInt(5); j >= 0; j--) {
                    drafts.add(draft(random));
                }
                changes[i] = new Change.AddContents("A", drafts);
            }
            commit(changes);
            NewContents added = Objects.requireNonNull(catalog.takeAdded());
            assertThat(catalog.takeAdded()).as("once").isNull();
            Told told = new Told();
            added.give(told, told, told);
            Told read = new Told();
            Catalog.State state = catalog.follow(before, read, read, read);
            assertThat(told.lines)
                    .as(RandomSeed.replay())
                    .hasSizeGreaterThan(changes.length)
                    .containsExactlyInAnyOrderElementsOf(read.lines);
            assertThat(added.afterSeq()).isEqualTo(before);
            assertThat(added.seq()).isEqualTo(state.seq());
            assertThat(added.hash()).isEqualTo(state.hash());
            assertThat(added.thresholds(Map.of()).getOrDefault(1L, 0))
                    .isLessThanOrEqualTo(state.contentThresholds().getOrDefault(1L, 0));
        }
    }

    @Test
    void everyHashOfALargeAdditionIsLoadedButWithdrawnOnes() {
        int contents = 12_000;
        commit(new Change.CreateBank("A"), add(contents), new Change.WithdrawContent("A", 7));
        Set<Long> loaded = new TreeSet<>();
        Catalog.State state = catalog.loadHashes((contentId, live, hash) -> {
            assertThat(live).isTrue();
            assertThat(hash).isEqualTo(new Hash256(contentId - 1, contentId - 1, contentId - 1, contentId - 1));
            loaded.add(contentId);
        });
        assertThat(state.seq()).isEqualTo(3);
        assertThat(loaded).hasSize(contents - 1).doesNotContain(7L);
    }

    @Test
    void aKeyThatComesTwiceInOneCommitIsOfOneChange() {
        commit(new Change.CreateBank("A"));
        String name = "\\a\"b{,}'\u00e4";
        RequestKey key = new RequestKey(name, 0, "ab".repeat(32));
        List<Outcome> outcomes = catalog.commit(
                List.of(
                        new Submission(add(2), ANYONE, key),
                        new Submission(add(1), ANYONE, new RequestKey("another", 0, "ef".repeat(32))),
                        new Submission(add(2), ANYONE, key),
                        new Submission(add(2), ANYONE, key.part(1)),
                        new Submission(add(2), ANYONE, new RequestKey(name, 0, "cd".repeat(32)))),
                NOW);
        assertCommitted(outcomes.get(0), 2);
        assertCommitted(outcomes.get(1), 3);
        assertCommitted(outcomes.get(2), 2);
        assertCommitted(outcomes.get(3), 4);
        assertThat(why(outcomes.get(4))).hasMessageStartingWith("Idempotency-Key: used by another request");
        List<Outcome> again = catalog.commit(List.of(new Submission(add(2), ANYONE, key.part(1))), NOW);
        assertThat(((Outcome.Committed) again.getFirst()).applied())
                .isEqualTo(((Outcome.Committed) outcomes.get(3)).applied());
        assertThat(catalog.seq()).isEqualTo(4);
        // When it is remembered no longer the key is free, and is remembered anew.
        Instant later = NOW.plus(RequestKey.REMEMBERED).plusMillis(1);
        for (int i = 0; i < 2; i++) {
            assertCommitted(
                    catalog.commit(List.of(new Submission(add(1), ANYONE, key)), later)
                            .getFirst(),
                    5);
        }
    }

    @Test
    void whatElseWasChangedIsReadBack() {
        commit(new Change.CreateBank("A"));
        commit(add(1), new Change.WithdrawContent("A", 1));
        assertThat(catalog.takeAdded()).isNull();
        commit(add(1), new Change.WithdrawContent("A", 9));
        assertThat(catalog.takeAdded()).as("with a change that was refused").isNotNull();
        commit(add(1));
        commit(new Change.DeleteBank("X"));
        assertThat(catalog.takeAdded()).isNull();
    }

    private static ContentDraft draft(SplittableRandom random) {
        List<Signal> signals = new ArrayList<>();
        Hash256 hash = RandomSeed.hash(random);
        boolean video = random.nextInt(4) == 0;
        if (random.nextBoolean()) {
            signals.add(new Signal(SignalType.PDQ, hash.toHex(), random.nextBoolean() ? 80 : null));
        }
        if (signals.isEmpty() || random.nextBoolean()) {
            signals.add(new Signal(SignalType.SHA256, RandomSeed.hash(random).toHex()));
        }
        boolean plain = random.nextBoolean();
        ContentDraft draft = new ContentDraft(
                signals,
                plain ? List.of() : List.of("z", "a", "z"),
                plain ? null : "A note " + random.nextInt(),
                plain ? null : "source " + random.nextInt(2),
                plain ? null : "{\"b\": 1, \"a\": \"x\"}",
                video ? RandomSeed.video(1 + random.nextInt(400), random) : null);
        if (random.nextInt(4) == 0) {
            Features features = new RandomFeatures(random, 4, 8).picture(5);
            draft = draft.withPictures(List.of(new BankedPicture(0, features)));
        }
        return plain
                ? draft
                : draft.withTreatment(new Treatment(
                        random.nextInt(32), "look", new Quarantine("checked", random.nextBoolean()), null));
    }

    /** What is told, a line each. */
    private static final class Told implements ContentSink, HashSink, PictureSink {
        private final List<String> lines = new ArrayList<>();

        @Override
        public void content(ContentRecord content) {
            lines.add(content.toString());
        }

        @Override
        public void frames(long contentId, byte[] frames) {
            lines.add(contentId + " frames " + HexFormat.of().formatHex(frames));
        }

        @Override
        public void digest(long contentId, boolean live, SignalType type, byte[] value) {
            lines.add(contentId + " " + live + " " + type + " " + HexFormat.of().formatHex(value));
        }

        @Override
        public void hash(long contentId, boolean live, Hash256 hash) {
            lines.add(contentId + " " + live + " " + hash);
        }

        @Override
        public void pictures(long contentId, List<BankedPicture> pictures) {
            pictures.forEach(picture -> lines.add(contentId + " " + picture.ms() + " "
                    + HexFormat.of().formatHex(picture.features().toBytes())));
        }

        @Override
        public void withdrawn(long contentId) {
            lines.add(contentId + " withdrawn");
        }
    }

    static class Nothing implements ContentSink, PictureSink {
        @Override
        public void pictures(long contentId, List<BankedPicture> pictures) {}

        @Override
        public void content(ContentRecord content) {}

        @Override
        public void withdrawn(long contentId) {}

        @Override
        public void frames(long contentId, byte[] stored) {}

        @Override
        public void digest(long contentId, boolean live, SignalType type, byte[] value) {}
    }
}
