package org.semblance.hashdb.catalog.rows;

import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.ProposalState;
import org.semblance.hashdb.hash.SignalType;

/** The numbers that stand for enum constants in the database's rows; they never change their meaning. */
public final class Codes {
    private static final SignalType[] SIGNAL_TYPES = {SignalType.PDQ, SignalType.MD5, SignalType.SHA256, SignalType.SHA1
    };
    private static final ContentStatus[] STATUSES = {
        ContentStatus.ENABLED, ContentStatus.DISABLED, ContentStatus.WITHDRAWN, ContentStatus.PROPOSED
    };
    private static final ProposalState[] PROPOSAL_STATES = {
        ProposalState.OPEN, ProposalState.APPROVED, ProposalState.REJECTED
    };
    private static final BankKind[] KINDS = {BankKind.MATCH, BankKind.ALLOW};

    private Codes() {}

    public static int of(SignalType type) {
        return switch (type) {
            case PDQ -> 0;
            case MD5 -> 1;
            case SHA256 -> 2;
            case SHA1 -> 3;
        };
    }

    public static int of(ContentStatus status) {
        return switch (status) {
            case ENABLED -> 0;
            case DISABLED -> 1;
            case WITHDRAWN -> 2;
            case PROPOSED -> 3;
        };
    }

    public static int of(ProposalState state) {
        return switch (state) {
            case OPEN -> 0;
            case APPROVED -> 1;
            case REJECTED -> 2;
        };
    }

    public static ProposalState proposalState(int code) {
        return PROPOSAL_STATES[code];
    }

    public static int of(BankKind kind) {
        return switch (kind) {
            case MATCH -> 0;
            case ALLOW -> 1;
        };
    }

    public static SignalType signalType(int code) {
        return SIGNAL_TYPES[code];
    }

    public static ContentStatus status(int code) {
        return STATUSES[code];
    }

    public static BankKind kind(int code) {
        return KINDS[code];
    }

    public static boolean isStatus(int code) {
        return code >= 0 && code < STATUSES.length;
    }

    /** Whether there is such a type and its values have that many bytes. */
    public static boolean isSignal(int code, int bytes) {
        return code >= 0 && code < SIGNAL_TYPES.length && SIGNAL_TYPES[code].hexDigits() == 2 * bytes;
    }
}
