package org.semblance.server.config;

/** The use of local features. */
public enum FeatureUse {
    /** They are banked, and looked up. */
    ON,
    /** Neither. */
    OFF
}
