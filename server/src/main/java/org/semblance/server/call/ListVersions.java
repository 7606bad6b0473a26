package org.semblance.server.call;

/** The versions of the list: the numbers of the changes in its journal. */
public interface ListVersions {
    /** The newest that lookups see. */
    long seen();

    /**
     * Has the task run once, as soon as lookups see that version, by any thread.
     *
     * @return withdraws the task, unless the task has begun
     */
    Runnable whenSeen(long version, Runnable task);
}
