package org.semblance.bench.browser;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.semblance.engine.ContentMatcher;
import org.semblance.engine.Digests;
import org.semblance.engine.HashReport;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.MatchOptions;
import org.semblance.engine.MatchReport;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;

/** What Semblance says of files once some of them are banked. */
final class Verdicts implements AutoCloseable {
    private static final Origin ORIGIN = new Origin("bench", "one-step changes");
    private static final String BANK = "ORIGINALS";

    private final HashDb db;
    private final InProcessHasher exact = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.EXACT);
    private final InProcessHasher fast = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST);
    private final ContentMatcher matcher;

    /** @param folder for the database */
    Verdicts(Path folder) throws IOException {
        db = HashDb.open(folder);
        db.apply(new Change.CreateBank(BANK, BankKind.MATCH, 1.0, "", null), ORIGIN);
        matcher = new ContentMatcher(fast, db);
    }

    /** @throws IllegalArgumentException if the file has no hash */
    void bank(byte[] file) {
        ByteBuffer content = ByteBuffer.wrap(file);
        HashReport report = exact.hashToBank(MediaSource.of(content), Digests.of(content), Deadline.NONE);
        if (report.failure() != null) {
            throw new IllegalArgumentException(report.reason());
        }
        db.apply(new Change.AddContents(BANK, List.of(new ContentDraft(report.signals()))), ORIGIN);
    }

    MatchReport of(byte[] file) {
        return matcher.match(ByteBuffer.wrap(file), MatchOptions.DEFAULT);
    }

    @Override
    public void close() {
        db.close();
        exact.close();
        fast.close();
    }
}
