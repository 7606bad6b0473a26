package org.semblance.bench;

/** What a run is called with. */
final class Usage {
    private Usage() {}

    /** @throws IllegalArgumentException saying how to call it, if there are fewer arguments than that */
    static void require(String[] args, int least, String usage) {
        if (args.length < least) {
            throw new IllegalArgumentException(args.length + " arguments (expected: " + usage + ")");
        }
    }
}
