package org.semblance.hashdb;

import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.features.PictureVotes;

/**
 * An enabled content with a picture whose features are near those of a query. Votes alone are no match: where the features lie
 * in both pictures has still to be compared.
 *
 * @param bank as it is now; it may be switched off
 */
public record PictureMatch(Bank bank, ContentRecord content, PictureVotes votes) {}
