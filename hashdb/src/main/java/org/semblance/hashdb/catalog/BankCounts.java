package org.semblance.hashdb.catalog;

/**
 * How many contents a bank has.
 *
 * @param enabled as it was set
 * @param disabled as it was set: a content that is disabled until a time counts as disabled after it too
 * @param proposed waiting for a second person
 * @param withdrawn taken out
 * @param quarantined of those that are not withdrawn
 * @param videos of those that are not withdrawn
 * @param exactOnly of those that are not withdrawn: known by their digests alone
 */
public record BankCounts(
        long enabled, long disabled, long proposed, long withdrawn, long quarantined, long videos, long exactOnly) {
    /** Of those that are not withdrawn: neither videos nor known by their digests alone. */
    public long images() {
        return enabled + disabled + proposed - videos - exactOnly;
    }
}
