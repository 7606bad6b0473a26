package org.semblance.hashdb.catalog;

import org.jspecify.annotations.Nullable;

/** Some fields of a bank that may change. A field that is null is not given. */
public record BankFields(
        @Nullable String name,
        @Nullable Double enabledRatio,
        @Nullable String description,
        @Nullable Given<Integer> distanceThreshold,
        @Nullable Boolean features,
        @Nullable Given<String> handling,
        @Nullable Given<String> legalBasis,
        @Nullable Boolean needsApproval) {
    /** No field. */
    public static final BankFields NONE = new BankFields(null, null, null, null, null, null, null, null);

    /** Fields that leave out whether a second person is needed. */
    public BankFields(
            @Nullable String name,
            @Nullable Double enabledRatio,
            @Nullable String description,
            @Nullable Given<Integer> distanceThreshold,
            @Nullable Boolean features,
            @Nullable Given<String> handling,
            @Nullable Given<String> legalBasis) {
        this(name, enabledRatio, description, distanceThreshold, features, handling, legalBasis, null);
    }

    /** All fields of the bank. */
    public static BankFields of(Bank bank) {
        return new BankFields(
                bank.name(),
                bank.enabledRatio(),
                bank.description(),
                new Given<>(bank.distanceThreshold()),
                bank.features(),
                new Given<>(bank.handling()),
                new Given<>(bank.legalBasis()),
                bank.needsApproval());
    }

    /** These fields with another name. */
    public BankFields withName(String newName) {
        return new BankFields(
                newName, enabledRatio, description, distanceThreshold, features, handling, legalBasis, needsApproval);
    }

    /** These fields with another ratio. */
    public BankFields withEnabledRatio(double ratio) {
        return new BankFields(
                name, ratio, description, distanceThreshold, features, handling, legalBasis, needsApproval);
    }

    /** These fields with another threshold; null for the default. */
    public BankFields withDistanceThreshold(@Nullable Integer threshold) {
        return new BankFields(
                name, enabledRatio, description, new Given<>(threshold), features, handling, legalBasis, needsApproval);
    }

    /**
     * All fields of a new bank as its row of the journal has them: what has its default and came with a later release is not
     * given, so that the row is the same as one of before.
     */
    public BankFields ofNewBank() {
        return new BankFields(
                name,
                enabledRatio,
                description,
                distanceThreshold,
                features == null || features ? null : Boolean.FALSE,
                handling == null || handling.value() == null ? null : handling,
                legalBasis == null || legalBasis.value() == null ? null : legalBasis,
                needsApproval != null && needsApproval ? Boolean.TRUE : null);
    }

    /** These fields, and those of the other that are not given here. */
    public BankFields or(BankFields other) {
        return new BankFields(
                name == null ? other.name : name,
                enabledRatio == null ? other.enabledRatio : enabledRatio,
                description == null ? other.description : description,
                distanceThreshold == null ? other.distanceThreshold : distanceThreshold,
                features == null ? other.features : features,
                handling == null ? other.handling : handling,
                legalBasis == null ? other.legalBasis : legalBasis,
                needsApproval == null ? other.needsApproval : needsApproval);
    }

    /** The bank with these fields. */
    public Bank appliedTo(Bank bank) {
        return new Bank(
                bank.id(),
                name == null ? bank.name() : name,
                bank.kind(),
                enabledRatio == null ? bank.enabledRatio() : enabledRatio,
                description == null ? bank.description() : description,
                distanceThreshold == null ? bank.distanceThreshold() : distanceThreshold.value(),
                features == null ? bank.features() : features,
                handling == null ? bank.handling() : handling.value(),
                legalBasis == null ? bank.legalBasis() : legalBasis.value(),
                needsApproval == null ? bank.needsApproval() : needsApproval);
    }

    /** The fields that the other gives as well. */
    public BankFields givenIn(BankFields other) {
        return new BankFields(
                other.name == null ? null : name,
                other.enabledRatio == null ? null : enabledRatio,
                other.description == null ? null : description,
                other.distanceThreshold == null ? null : distanceThreshold,
                other.features == null ? null : features,
                other.handling == null ? null : handling,
                other.legalBasis == null ? null : legalBasis,
                other.needsApproval == null ? null : needsApproval);
    }
}
