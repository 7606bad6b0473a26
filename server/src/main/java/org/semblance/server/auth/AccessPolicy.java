package org.semblance.server.auth;

/** The condition on which a request is answered without a key. */
public enum AccessPolicy {
    /**
     * On a loopback address as long as no key was ever made; nowhere else, so that a server that listens on another
     * address does not start without keys.
     */
    KEYS,
    /** Always, on a loopback address; on another one the server does not start. */
    OPEN,
    /** Always, on every address. */
    OPEN_TO_NETWORK
}
