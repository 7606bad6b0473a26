package org.semblance.server.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.semblance.server.config.ServerConfig;

/** Checks one after the other all that a server needs, and changes nothing but for a file it makes and removes again. */
public final class Doctor {
    private Doctor() {}

    /** What is found, in the order in which things depend on each other. */
    public static List<Finding> examine(ServerConfig config, Map<String, String> environment) {
        List<Finding> findings = new ArrayList<>();
        findings.addAll(new Runtimes().check());
        findings.addAll(new Machine(config).check());
        findings.addAll(new Surroundings(config, environment).check());
        findings.addAll(new CatalogServer(config).check());
        findings.addAll(new PeerNodes(config).check());
        findings.addAll(new KeyShares(config).check());
        return findings;
    }
}
