package org.semblance.server.exchange;

import java.nio.file.Path;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.exchange.Exchange;
import org.semblance.hashdb.exchange.ExchangeApi;

/** Whom an exchange is fetched from. */
interface Partner {
    /** Takes the entries of a list, one by one. */
    @FunctionalInterface
    interface Entries {
        /** @throws FetchFailedException if the fetch must not go on */
        void entry(ContentDraft content) throws FetchFailedException;
    }

    /**
     * The partner of an exchange whose API {@linkplain ExchangeApi#isFetched is fetched}.
     *
     * @param fileFolder below which {@code local_file} may read
     * @throws IllegalArgumentException naming a field of the configuration and what was expected
     */
    static Partner of(Exchange exchange, Path fileFolder) {
        return exchange.api() == ExchangeApi.SAMPLE ? new SampleSignals() : LocalFile.of(exchange, fileFolder);
    }

    /** Names what the partner lists at present: another text whenever there is something new to fetch. */
    String version() throws FetchFailedException;

    /**
     * Reads the whole list.
     *
     * @param kind of the bank that the entries are for
     * @throws FetchFailedException if the list cannot be read, or has no usable entry
     */
    void list(BankKind kind, Entries entries) throws FetchFailedException;
}
