package org.semblance.server.cli;

import java.util.Set;
import org.semblance.engine.MatchOptions;
import org.semblance.hashdb.HashDb;
import picocli.CommandLine.Option;

/** The option of every verb that looks something up: which banks count. */
final class WantedBanks {
    @Option(names = "--banks", split = ",", paramLabel = "BANK", description = "Only these banks count (default: all).")
    private Set<String> names = Set.of();

    /**
     * The options of a match in these banks.
     *
     * @throws BadInputException if one of them does not exist: a misspelt name would be a silent miss
     */
    MatchOptions options(HashDb db) {
        for (String name : names) {
            if (db.bank(name).isEmpty()) {
                throw new BadInputException("--banks: '" + name + "': no such bank");
            }
        }
        return new MatchOptions(names);
    }
}
