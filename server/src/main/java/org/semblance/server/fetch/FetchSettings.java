package org.semblance.server.fetch;

import java.util.List;

/**
 * The limits of fetches.
 *
 * @param hosts as {@link FetchHosts} takes them; nothing is fetched if there are none
 * @param timeoutMs longest time of a fetch, from its request to its last byte
 * @param concurrent most fetches at a time
 * @param perSecond most fetches that begin in a second
 */
public record FetchSettings(List<String> hosts, long timeoutMs, int concurrent, int perSecond) {
    public FetchSettings {
        hosts = List.copyOf(hosts);
    }
}
