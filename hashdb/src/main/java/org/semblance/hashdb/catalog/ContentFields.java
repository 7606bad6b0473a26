package org.semblance.hashdb.catalog;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Some fields of a content that may change. A field that is null is not given. */
public record ContentFields(
        @Nullable State state,
        @Nullable List<String> labels,
        @Nullable Given<String> note,
        @Nullable Given<String> metadata) {
    /**
     * Whether the content matches.
     *
     * @param disabledUntil when a disabled content matches again by itself, or null for never
     */
    public record State(ContentStatus status, @Nullable Instant disabledUntil) {}

    /** All fields of the content. */
    public static ContentFields of(BankContent content) {
        return new ContentFields(
                new State(content.status(), content.disabledUntil()),
                content.labels(),
                new Given<>(content.note()),
                new Given<>(content.metadata()));
    }

    /**
     * The fields that the update gives, in the form in which they are stored.
     *
     * @throws ChangeRefusedException if one of them is not valid
     */
    public static ContentFields of(Change.UpdateContent update) {
        if (update.status() == ContentStatus.WITHDRAWN) {
            throw Rules.invalid("status", "status: withdrawn (expected: enabled or disabled)");
        }
        if (update.disabledUntil() != null && update.status() != ContentStatus.DISABLED) {
            throw Rules.invalid("disabled_until", "disabled_until: given without status disabled");
        }
        return new ContentFields(
                update.status() == null ? null : new State(update.status(), update.disabledUntil()),
                update.labels() == null ? null : Rules.labels(update.labels()),
                update.note() == null ? null : new Given<>(Rules.note(update.note())),
                update.metadata() == null ? null : new Given<>(Rules.metadata(update.metadata())));
    }

    public ContentFields withoutState() {
        return new ContentFields(null, labels, note, metadata);
    }

    /** These fields, and those of the other that are not given here. */
    public ContentFields or(ContentFields other) {
        return new ContentFields(
                state == null ? other.state : state,
                labels == null ? other.labels : labels,
                note == null ? other.note : note,
                metadata == null ? other.metadata : metadata);
    }

    /** The content with these fields. */
    public BankContent appliedTo(BankContent content) {
        return new BankContent(
                content.id(),
                content.bank(),
                state == null ? content.status() : state.status,
                state == null ? content.disabledUntil() : state.disabledUntil,
                content.signals(),
                labels == null ? content.labels() : labels,
                note == null ? content.note() : note.value(),
                content.source(),
                metadata == null ? content.metadata() : metadata.value(),
                content.createdAt(),
                content.video());
    }

    /** The fields that the other gives as well. */
    public ContentFields givenIn(ContentFields other) {
        return new ContentFields(
                other.state == null ? null : state,
                other.labels == null ? null : labels,
                other.note == null ? null : note,
                other.metadata == null ? null : metadata);
    }
}
