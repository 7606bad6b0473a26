package org.semblance.server.auth;

import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The facts of a key in JSON, as its file, the routes and the command line have them. */
public final class KeyJson {
    private KeyJson() {}

    /**
     * Adds {@code banks} unless the key sees all, {@code hide_distance} if the key is not told distances, {@code rate_per_second} and {@code concurrent} where they are limited, and the times
     * {@code created_at}, {@code expires_at} and {@code revoked_at} in ISO 8601.
     *
     * @return the object
     */
    public static ObjectNode put(ObjectNode node, Key key) {
        if (!key.banks().isEmpty()) {
            ArrayNode banks = node.putArray("banks");
            key.banks().stream().sorted().forEach(banks::add);
        }
        if (key.hideDistance()) {
            node.put("hide_distance", true);
        }
        if (key.ratePerSecond() != null) {
            node.put("rate_per_second", key.ratePerSecond());
        }
        if (key.concurrent() != null) {
            node.put("concurrent", key.concurrent());
        }
        node.put("created_at", key.createdAt().toString());
        if (key.expiresAt() != null) {
            node.put("expires_at", key.expiresAt().toString());
        }
        if (key.revokedAt() != null) {
            node.put("revoked_at", key.revokedAt().toString());
        }
        return node;
    }
}
