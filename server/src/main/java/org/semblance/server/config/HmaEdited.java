package org.semblance.server.config;

import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.SignalType;

/** The signal type under which HMA's dialect tells of banked photos that a photo shows turned, mirrored or edited. */
public enum HmaEdited {
    /** Nowhere: HMA itself does not find them. */
    OFF,
    /** Under the signal type pdq, where every client looks. */
    PDQ,
    /** Under a signal type of its own. */
    ORB;

    /** The signal type in answers; none for {@link #OFF}. */
    public String key() {
        return this == PDQ ? SignalType.PDQ.wireName() : Features.SIGNAL_TYPE;
    }
}
