package org.semblance.server.exchange;

/** A fetch that did not come to its end. What was banked before is still there; the message is for the status. */
final class FetchFailedException extends Exception {
    FetchFailedException(String message) {
        super(message);
    }
}
