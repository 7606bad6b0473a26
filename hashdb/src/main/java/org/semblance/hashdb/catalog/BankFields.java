package org.semblance.hashdb.catalog;

import org.jspecify.annotations.Nullable;

/** Some fields of a bank that may change. A field that is null is not given. */
public record BankFields(
        @Nullable String name,
        @Nullable Double enabledRatio,
        @Nullable String description,
        @Nullable Given<Integer> distanceThreshold,
        @Nullable Boolean features) {
    /** All fields of the bank. */
    public static BankFields of(Bank bank) {
        return new BankFields(
                bank.name(),
                bank.enabledRatio(),
                bank.description(),
                new Given<>(bank.distanceThreshold()),
                bank.features());
    }

    /** All fields of the new bank; features are given only if it has none, as in journals from before there were any. */
    public static BankFields of(Change.CreateBank create) {
        return new BankFields(
                create.name(),
                create.enabledRatio(),
                create.description(),
                new Given<>(create.distanceThreshold()),
                create.features() ? null : Boolean.FALSE);
    }

    /** The fields that the update gives. */
    public static BankFields of(Change.UpdateBank update) {
        Integer threshold = update.distanceThreshold();
        return new BankFields(
                update.newName(),
                update.enabledRatio(),
                update.description(),
                threshold == null
                        ? null
                        : new Given<>(threshold == Change.UpdateBank.DEFAULT_THRESHOLD ? null : threshold),
                update.features());
    }

    /** These fields, and those of the other that are not given here. */
    public BankFields or(BankFields other) {
        return new BankFields(
                name == null ? other.name : name,
                enabledRatio == null ? other.enabledRatio : enabledRatio,
                description == null ? other.description : description,
                distanceThreshold == null ? other.distanceThreshold : distanceThreshold,
                features == null ? other.features : features);
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
                features == null ? bank.features() : features);
    }

    /** The fields that the other gives as well. */
    public BankFields givenIn(BankFields other) {
        return new BankFields(
                other.name == null ? null : name,
                other.enabledRatio == null ? null : enabledRatio,
                other.description == null ? null : description,
                other.distanceThreshold == null ? null : distanceThreshold,
                other.features == null ? null : features);
    }
}
