package org.semblance.server.config;

/** What local features are used for. */
public enum FeatureUse {
    /** They are banked, and looked up. */
    ON,
    /** Neither. */
    OFF
}
