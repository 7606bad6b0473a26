package org.semblance.server.config;

/** Whether hashes of uploads are kept. */
public enum HashUse {
    OFF,
    ON
}
