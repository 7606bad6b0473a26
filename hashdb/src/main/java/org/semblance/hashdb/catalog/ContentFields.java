package org.semblance.hashdb.catalog;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Some fields of a content that may change. A field that is null is not given. */
public record ContentFields(
        @Nullable State state,
        @Nullable List<String> labels,
        @Nullable Given<String> note,
        @Nullable Given<String> source,
        @Nullable Given<String> metadata,
        @Nullable Given<Integer> distanceThreshold,
        @Nullable Given<String> handling,
        @Nullable Given<Quarantine> quarantine,
        @Nullable Given<String> confirmedBy) {
    /** No field. */
    public static final ContentFields NONE = new ContentFields(null, null, null, null, null, null, null, null, null);

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
                        new Given<>(content.source()),
                        new Given<>(content.metadata()),
                        null,
                        null,
                        null,
                        null)
                .or(of(content.treatment()));
    }

    /** The fields that say how a content is treated. */
    public static ContentFields of(Treatment treatment) {
        return new ContentFields(
                null,
                null,
                null,
                null,
                null,
                new Given<>(treatment.distanceThreshold()),
                new Given<>(treatment.handling()),
                new Given<>(treatment.quarantine()),
                new Given<>(treatment.confirmedBy()));
    }

    /** These fields with another state; null if it is not given. */
    public ContentFields withState(@Nullable State newState) {
        return new ContentFields(
                newState, labels, note, source, metadata, distanceThreshold, handling, quarantine, confirmedBy);
    }

    /** These fields with other labels. */
    public ContentFields withLabels(@Nullable List<String> newLabels) {
        return new ContentFields(
                state, newLabels, note, source, metadata, distanceThreshold, handling, quarantine, confirmedBy);
    }

    /** These fields with another note; null for none. */
    public ContentFields withNote(@Nullable String newNote) {
        return new ContentFields(
                state,
                labels,
                new Given<>(newNote),
                source,
                metadata,
                distanceThreshold,
                handling,
                quarantine,
                confirmedBy);
    }

    /** These fields with other metadata; null for none. */
    public ContentFields withMetadata(@Nullable String newMetadata) {
        return new ContentFields(
                state,
                labels,
                note,
                source,
                new Given<>(newMetadata),
                distanceThreshold,
                handling,
                quarantine,
                confirmedBy);
    }

    /** These fields with a threshold of the content's own; null for that of its bank. */
    public ContentFields withDistanceThreshold(@Nullable Integer threshold) {
        return new ContentFields(
                state, labels, note, source, metadata, new Given<>(threshold), handling, quarantine, confirmedBy);
    }

    /** These fields with a quarantine; null to end it. */
    public ContentFields withQuarantine(@Nullable Quarantine newQuarantine) {
        return new ContentFields(
                state,
                labels,
                note,
                source,
                metadata,
                distanceThreshold,
                handling,
                new Given<>(newQuarantine),
                confirmedBy);
    }

    /** These fields with who confirmed the content; null for nobody. */
    public ContentFields withConfirmedBy(@Nullable String actor) {
        return new ContentFields(
                state, labels, note, source, metadata, distanceThreshold, handling, quarantine, new Given<>(actor));
    }

    /** These fields, and those of the other that are not given here. */
    public ContentFields or(ContentFields other) {
        return new ContentFields(
                state == null ? other.state : state,
                labels == null ? other.labels : labels,
                note == null ? other.note : note,
                source == null ? other.source : source,
                metadata == null ? other.metadata : metadata,
                distanceThreshold == null ? other.distanceThreshold : distanceThreshold,
                handling == null ? other.handling : handling,
                quarantine == null ? other.quarantine : quarantine,
                confirmedBy == null ? other.confirmedBy : confirmedBy);
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
                source == null ? content.source() : source.value(),
                metadata == null ? content.metadata() : metadata.value(),
                content.createdAt(),
                content.video(),
                appliedTo(content.treatment()),
                content.addedBy());
    }

    private Treatment appliedTo(Treatment treatment) {
        return new Treatment(
                distanceThreshold == null ? treatment.distanceThreshold() : distanceThreshold.value(),
                handling == null ? treatment.handling() : handling.value(),
                quarantine == null ? treatment.quarantine() : quarantine.value(),
                confirmedBy == null ? treatment.confirmedBy() : confirmedBy.value());
    }

    /** The record with these fields. */
    public ContentRecord appliedTo(ContentRecord content) {
        return new ContentRecord(
                content.id(),
                content.bankId(),
                state == null ? content.status() : state.status,
                state == null ? content.disabledUntil() : state.disabledUntil,
                labels == null ? content.labels() : labels,
                note == null ? content.note() : note.value(),
                source == null ? content.source() : source.value(),
                metadata == null ? content.metadata() : metadata.value(),
                content.createdAt(),
                content.videoMs(),
                content.pictures(),
                content.exactOnly(),
                appliedTo(content.treatment()));
    }

    /** The fields that the other gives as well. */
    public ContentFields givenIn(ContentFields other) {
        return new ContentFields(
                other.state == null ? null : state,
                other.labels == null ? null : labels,
                other.note == null ? null : note,
                other.source == null ? null : source,
                other.metadata == null ? null : metadata,
                other.distanceThreshold == null ? null : distanceThreshold,
                other.handling == null ? null : handling,
                other.quarantine == null ? null : quarantine,
                other.confirmedBy == null ? null : confirmedBy);
    }
}
