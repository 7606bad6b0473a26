package org.semblance.server.list;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.exchange.HashListEntry;
import org.semblance.hashdb.exchange.HashListWriter;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Ndjson;

/** Contents of a bank as a hash list, piece by piece. For one thread at a time. */
public final class ListExport {
    private static final int PAGE = 200;

    private final ScopedDb db;
    private final Bank bank;
    private final Wanted wanted;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private @Nullable HashListWriter csv;
    private byte[] unsent = new byte[0];
    private int sent;
    private @Nullable Long after = 0L;

    /**
     * What is exported.
     *
     * @param label one that each content has, or null
     * @param source the source of each content, exactly, or null
     * @param createdFrom banked then or later, or null
     * @param createdBefore banked earlier, or null
     * @param features whether the local features of pictures are written, of which rough pictures can be made; in CSV never
     */
    public record Wanted(
            ListFormat format,
            @Nullable String label,
            @Nullable String source,
            @Nullable Instant createdFrom,
            @Nullable Instant createdBefore,
            boolean features) {
        private ContentFilter filter() {
            return new ContentFilter(label, null, createdFrom, createdBefore, null, source, null, null, null, null);
        }

        /** Contents that are withdrawn, or were never approved, are nobody's to pass on; CSV cannot say that one is disabled. */
        private boolean takes(BankContent content) {
            return switch (format) {
                case CSV -> content.enabledAt(Instant.now());
                case NDJSON -> content.status() == ContentStatus.ENABLED || content.status() == ContentStatus.DISABLED;
            };
        }
    }

    public ListExport(ScopedDb db, Bank bank, Wanted wanted) {
        this.db = db;
        this.bank = bank;
        this.wanted = wanted;
    }

    /**
     * Writes the next piece.
     *
     * @param most about how many bytes it may have
     * @return whether that was the last one
     * @throws IllegalStateException if the bank is no longer there under its name, so that the list cannot be whole
     */
    public boolean next(ByteArrayOutputStream out, int most) {
        try {
            while (out.size() < most) {
                if (sent == unsent.length) {
                    if (after == null) {
                        return true;
                    }
                    written.reset();
                    read(most);
                    unsent = written.toByteArray();
                    sent = 0;
                }
                // A line of a long video has many times that.
                int bytes = Math.min(unsent.length - sent, most - out.size());
                out.write(unsent, sent, bytes);
                sent += bytes;
            }
            return after == null && sent == unsent.length;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads contents on, until there are about so many bytes of them or there are no more. */
    private void read(int most) throws IOException {
        HashListWriter rows = csv;
        if (wanted.format == ListFormat.CSV && rows == null) {
            rows = new HashListWriter(
                    new OutputStreamWriter(written, StandardCharsets.UTF_8), bank.kind(), this::video);
            csv = rows;
        }
        while (written.size() < most && after != null) {
            Page<BankContent> page = db.contents(bank.name(), wanted.filter(), Paging.after(after, PAGE));
            Long next = page.next();
            for (BankContent content : page.rows()) {
                if (wanted.takes(content)) {
                    if (rows == null) {
                        written.writeBytes(Ndjson.line(ContentJson.of(entry(content))));
                    } else {
                        rows.write(content);
                    }
                }
                if (written.size() >= most) {
                    next = content.id();
                    break;
                }
            }
            after = next;
            if (rows != null) {
                rows.flush();
            }
        }
        if (after == null
                && db.bank(bank.name()).filter(now -> now.id() == bank.id()).isEmpty()) {
            throw new IllegalStateException("bank " + bank.name() + " was renamed or deleted during its export");
        }
    }

    private Optional<KnownVideo> video(BankContent content) {
        return db.video(bank.name(), content.id());
    }

    private HashListEntry.Usable entry(BankContent content) {
        ContentDraft draft = content.draft(
                content.video() == null ? null : video(content).orElse(null),
                wanted.features ? db.pictures(bank.name(), content.id()) : List.of());
        ContentFields.State state = content.status() == ContentStatus.DISABLED
                ? new ContentFields.State(content.status(), content.disabledUntil())
                : null;
        return new HashListEntry.Usable(content.id(), draft, ContentJson.category(bank.kind()), state, List.of());
    }
}
