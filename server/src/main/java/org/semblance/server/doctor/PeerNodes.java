package org.semblance.server.doctor;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DatabaseRefusedException;
import org.semblance.hashdb.SharedCatalog;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.document.Documents;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.auth.Key;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.KeysRefusedException;
import org.semblance.server.auth.Role;
import org.semblance.server.config.ConfigRefusedException;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.peer.PeerState;
import org.semblance.server.peer.Peers;

/**
 * The other nodes of the catalog: whether each would give this one a snapshot that can be used. A server starts without them as well,
 * by reading the database.
 */
final class PeerNodes {
    private static final String CHECK = "peer";

    private final ServerConfig config;

    PeerNodes(ServerConfig config) {
        this.config = config;
    }

    List<Finding> check() {
        SharedCatalog catalog = config.catalog();
        if (catalog == null || config.peers().isEmpty()) {
            return List.of();
        }
        List<PeerState> states;
        String secret;
        try (Peers peers = Peers.of(config)) {
            states = peers == null ? List.of() : peers.states();
            secret = config.peerKey();
        } catch (ConfigRefusedException e) {
            return List.of(Finding.fail(
                    CHECK,
                    String.valueOf(e.getMessage()),
                    "Correct the file or the setting: a server does not start so."));
        }
        List<Finding> findings = new ArrayList<>();
        Finding key = secret == null ? null : key(catalog, secret);
        if (key != null) {
            findings.add(key);
        }
        Map<Long, String> journal = journal(catalog, states);
        states.forEach(state -> findings.add(finding(state, secret != null, journal)));
        return findings;
    }

    /** What the key may do beyond what it is for; null if the peers say what is wrong with it. */
    private @Nullable Finding key(SharedCatalog catalog, String secret) {
        try (Documents shared = catalog.documents(config.dataFolder())) {
            Key key = new KeyRing(shared).ofSecret(secret).orElse(null);
            if (key == null
                    || !key.stateAt(Instant.now()).equals("active")
                    || !key.role().includes(Role.NODE)) {
                return null;
            }
            String detail = "key " + key.name() + ": role " + key.role().wireName();
            return key.role() == Role.NODE
                    ? Finding.ok("peer key", detail)
                    : Finding.warn("peer key", detail + ", which may do more than a node needs", keyAdvice());
        } catch (DatabaseRefusedException | KeysRefusedException e) {
            return null; // The findings on catalog and keys say why.
        }
    }

    private String keyAdvice() {
        return "Set " + Setting.PEER_KEY_FILE.key()
                + " to the secret of a key for nodes: semblance key create NAME --role " + Role.NODE.wireName()
                + " --catalog " + config.value(Setting.CATALOG);
    }

    /** The hashes in the journal of the changes that snapshots go to; null if the catalog cannot be asked. */
    private static @Nullable Map<Long, String> journal(SharedCatalog catalog, List<PeerState> states) {
        Set<Long> seqs = states.stream()
                .flatMap(state -> state.snapshots().stream())
                .map(PeerState.Snapshot::seq)
                .collect(Collectors.toSet());
        if (seqs.isEmpty()) {
            return Map.of();
        }
        try {
            return catalog.journalHashes(seqs);
        } catch (StorageFailedException e) {
            return null;
        }
    }

    private Finding finding(PeerState state, boolean withKey, @Nullable Map<Long, String> journal) {
        String peer = state.peer() + ": ";
        return switch (state.outcome()) {
            case AWAY ->
                Finding.warn(
                        CHECK,
                        peer + state.problem(),
                        "Start it, let this machine reach it, or set peers. It may be this node itself, which is not running.");
            case UNTRUSTED ->
                Finding.warn(
                        CHECK,
                        peer + state.problem(),
                        "Set " + Setting.PEER_CA_FILE.key()
                                + " to the authorities of its certificate, and name it in peers as the certificate does.");
            case REFUSED -> Finding.warn(CHECK, peer + state.problem(), keyAdvice());
            case STRANGE ->
                Finding.warn(
                        CHECK,
                        peer + state.problem(),
                        "Set peers to nodes of this release, each with http or https as it speaks.");
            case ANSWERED -> ofSnapshots(state, withKey, journal);
        };
    }

    private static Finding ofSnapshots(PeerState state, boolean withKey, @Nullable Map<Long, String> journal) {
        List<String> told = new ArrayList<>();
        String advice = withKey && Peers.isPlain(state.peer())
                ? "Use https: this node's key and the list go over the network as plain text."
                : "";
        for (PeerState.Snapshot snapshot : state.snapshots()) {
            String text = snapshot.kind().units() + " to change " + snapshot.seq();
            if (snapshot.unreadable() != null) {
                text += ", " + snapshot.unreadable();
                advice = "Run the same release on all nodes: this one reads the database instead.";
            } else if (journal == null) {
                text += ", not compared with the list";
                advice = "See catalog.";
            } else if (!isOfThisList(snapshot, journal)) {
                text += ", of another list";
                advice =
                        "Set peers to nodes of this catalog: this one has another, or is ahead of a database that went back.";
            }
            told.add(text);
        }
        String detail = state.peer() + ": " + (told.isEmpty() ? "has no snapshot yet" : String.join("; ", told));
        return advice.isEmpty() ? Finding.ok(CHECK, detail) : Finding.warn(CHECK, detail, advice);
    }

    private static boolean isOfThisList(PeerState.Snapshot snapshot, Map<Long, String> journal) {
        String hash = journal.get(snapshot.seq());
        return hash != null && Hash256.parse(hash).equals(snapshot.mark());
    }
}
