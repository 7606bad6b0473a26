package org.semblance.server.fetch;

import io.netty.buffer.ByteBuf;

/**
 * Takes a file as it comes, on one thread. Whatever a method throws ends the fetch, and is what its caller gets to know.
 */
public interface FetchSink {
    /**
     * The file is coming.
     *
     * @param mediaType as its host says, without parameters and in lower case; empty if it says nothing
     * @param length of it in bytes, or -1 if that is not known
     */
    void begin(String mediaType, long length);

    /** Takes its next bytes, which the caller releases. */
    void add(ByteBuf bytes);

    /** Says that this was all. */
    void end();

    /** Whether it can take more, or after {@link #end} is complete. If not, it says so later to whoever opened it. */
    boolean isReady();

    /** Returns unless what it waited for has failed. */
    void check();
}
