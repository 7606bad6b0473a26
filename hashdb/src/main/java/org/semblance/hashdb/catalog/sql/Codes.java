package org.semblance.hashdb.catalog.sql;

import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.hash.SignalType;

/** The numbers that stand for enum constants in the database's rows; they never change their meaning. */
final class Codes {
    private static final SignalType[] SIGNAL_TYPES = {SignalType.PDQ, SignalType.MD5, SignalType.SHA256, SignalType.SHA1
    };
    private static final ContentStatus[] STATUSES = {
        ContentStatus.ENABLED, ContentStatus.DISABLED, ContentStatus.WITHDRAWN
    };
    private static final BankKind[] KINDS = {BankKind.MATCH, BankKind.ALLOW};

    private Codes() {}

    static int of(SignalType type) {
        return switch (type) {
            case PDQ -> 0;
            case MD5 -> 1;
            case SHA256 -> 2;
            case SHA1 -> 3;
        };
    }

    static int of(ContentStatus status) {
        return switch (status) {
            case ENABLED -> 0;
            case DISABLED -> 1;
            case WITHDRAWN -> 2;
        };
    }

    static int of(BankKind kind) {
        return switch (kind) {
            case MATCH -> 0;
            case ALLOW -> 1;
        };
    }

    static SignalType signalType(int code) {
        return SIGNAL_TYPES[code];
    }

    static ContentStatus status(int code) {
        return STATUSES[code];
    }

    static BankKind kind(int code) {
        return KINDS[code];
    }

    static boolean isStatus(int code) {
        return code >= 0 && code < STATUSES.length;
    }

    /** Whether there is such a type and its values have that many bytes. */
    static boolean isSignal(int code, int bytes) {
        return code >= 0 && code < SIGNAL_TYPES.length && SIGNAL_TYPES[code].hexDigits() == 2 * bytes;
    }
}
