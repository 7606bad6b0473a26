package org.semblance.server.list;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.exchange.HashListWriter;
import org.semblance.server.auth.ScopedDb;

/** The enabled contents of a bank as a hash list in CSV, piece by piece. For one thread at a time. */
public final class ListExport {
    private static final int PAGE = 200;

    private final ScopedDb db;
    private final Bank bank;
    private final Pieces pieces = new Pieces();
    private @Nullable HashListWriter list;
    private @Nullable Long after = 0L;

    public ListExport(ScopedDb db, Bank bank) {
        this.db = db;
        this.bank = bank;
    }

    /**
     * Writes the next piece.
     *
     * @param most about how many bytes it may have
     * @return whether that was the last one
     */
    public boolean next(ByteArrayOutputStream out, int most) {
        pieces.target = out;
        try {
            HashListWriter writer = list;
            if (writer == null) {
                writer = new HashListWriter(
                        new OutputStreamWriter(pieces, StandardCharsets.UTF_8),
                        bank.kind(),
                        content -> db.video(bank.name(), content.id()));
                list = writer;
            }
            while (after != null && out.size() < most) {
                Page<BankContent> page = db.contents(bank.name(), ContentFilter.NONE, Paging.after(after, PAGE));
                Instant now = Instant.now();
                Long next = page.next();
                for (BankContent content : page.rows()) {
                    if (content.enabledAt(now)) {
                        writer.write(content);
                    }
                    if (out.size() >= most) {
                        next = content.id();
                        break;
                    }
                }
                after = next;
                writer.flush();
            }
            return after == null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes to the piece of the moment. */
    private static final class Pieces extends OutputStream {
        private OutputStream target = OutputStream.nullOutputStream();

        @Override
        public void write(int b) throws IOException {
            target.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            target.write(bytes, offset, length);
        }
    }
}
