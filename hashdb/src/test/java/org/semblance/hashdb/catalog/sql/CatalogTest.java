package org.semblance.hashdb.catalog.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentSink;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.PictureSink;
import org.semblance.hashdb.catalog.sql.Catalog.Outcome;
import org.semblance.hashdb.catalog.sql.Catalog.Submission;
import org.semblance.hashdb.features.BankedPicture;
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
