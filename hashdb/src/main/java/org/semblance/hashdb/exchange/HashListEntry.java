package org.semblance.hashdb.exchange;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields.State;

/** One entry of a hash list. */
public sealed interface HashListEntry {
    /** The line of the file it ends on, from 1. */
    long line();

    /**
     * An entry that can be banked, in a bank of a kind that its category {@linkplain ListCategory#fits fits}.
     *
     * @param state of a content that is not to match once it is banked; null for one that is
     * @param warnings what of the entry cannot be banked, and why; a sentence each
     */
    record Usable(
            long line,
            ContentDraft content,
            ListCategory category,
            @Nullable State state,
            List<String> warnings) implements HashListEntry {
        public Usable {
            warnings = List.copyOf(warnings);
        }

        /** An entry that is banked whole, and matches. */
        public Usable(long line, ContentDraft content, ListCategory category) {
            this(line, content, category, null, List.of());
        }

        /** An entry of a list without categories. */
        public Usable(long line, ContentDraft content) {
            this(line, content, ListCategory.UNSTATED);
        }

        /** This entry with another draft of its content. */
        public Usable with(ContentDraft other) {
            return new Usable(line, other, category, state, warnings);
        }
    }

    /**
     * An entry that cannot.
     *
     * @param reason what came and what was expected; of a long one its beginning and its end
     */
    record Unusable(long line, String reason) implements HashListEntry {
        public Unusable {
            reason = HashListReader.shortened(reason);
        }
    }
}
