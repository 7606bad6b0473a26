package org.semblance.server;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens parts one after the other. If one of them fails to open, closes those before it, the last first. */
final class Opening implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Opening.class);

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** Adds a part that has just been opened. */
    <T extends AutoCloseable> T add(T part) {
        opened.push(part);
        return part;
    }

    /** Keeps all parts open: the opening has succeeded. */
    void complete() {
        opened.clear();
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                LOG.warn("a part of a server that did not start cannot be closed", e);
            }
        }
    }
}
