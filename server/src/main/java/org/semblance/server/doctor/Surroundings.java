package org.semblance.server.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DatabaseFolder;
import org.semblance.hashdb.DatabaseRefusedException;
import org.semblance.hashdb.SharedCatalog;
import org.semblance.hashdb.document.Documents;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.KeysRefusedException;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.config.Settings;
import org.semblance.server.config.TlsFiles;
import org.semblance.server.tls.Identity;
import org.semblance.server.tls.TlsRefusedException;
import org.semblance.server.wire.Tls;

/** What the settings point at: the data folder and its disk, the port, the keys. */
final class Surroundings {
    private static final long LEAST_FREE_BYTES = 1_000_000_000;

    /** Where locks, memory-mapped files or what was synced cannot be trusted. */
    private static final Set<String> REMOTE =
            Set.of("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse", "fuse.sshfs", "ceph", "afs", "glusterfs");

    /** In which a certificate should have been renewed: issuers have it done weeks before. */
    private static final Duration SOON = Duration.ofDays(14);

    private static final Set<String> PASSING = Set.of("tmpfs", "ramfs", "overlay", "aufs");

    private final ServerConfig config;
    private final Map<String, String> environment;

    Surroundings(ServerConfig config, Map<String, String> environment) {
        this.config = config;
        this.environment = environment;
    }

    List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        Path folder = config.dataFolder().toAbsolutePath();
        String holder = null;
        try {
            holder = DatabaseFolder.holder(folder).orElse(null);
        } catch (IOException e) {
            findings.add(Finding.fail(
                    "data folder",
                    folder + ": its lock cannot be read: " + e.getMessage(),
                    "Run as the server's user."));
        }
        findings.add(folder(folder, holder, !config.value(Setting.CATALOG).isEmpty()));
        findings.add(disk(folder));
        findings.add(port(holder));
        findings.add(tls());
        findings.add(keys());
        findings.add(variables());
        return findings;
    }

    private static Finding folder(Path folder, @Nullable String holder, boolean shared) {
        String check = "data folder";
        if (!Files.exists(folder)) {
            Path parent = existing(folder);
            return Files.isWritable(parent)
                    ? Finding.ok(check, folder + ": will be created")
                    : Finding.fail(
                            check,
                            folder + ": not there, and " + parent + " cannot be written to",
                            "Create it for the user of the server, or set data.");
        }
        try {
            if (shared) {
                DatabaseFolder.prepareNode(folder);
            } else {
                DatabaseFolder.prepare(folder);
            }
            Path probe = Files.createTempFile(folder, ".doctor", "");
            Files.delete(probe);
        } catch (DatabaseRefusedException e) {
            return Finding.fail(check, String.valueOf(e.getMessage()), "Set data to a folder of its own.");
        } catch (IOException e) {
            return Finding.fail(
                    check, folder + ": cannot be written to: " + e.getMessage(), "Give it to the user of the server.");
        }
        String use = holder == null ? "" : ", in use by " + holder;
        if (isOpenToOthers(folder)) {
            return Finding.warn(
                    check,
                    folder + use + ": others can read it",
                    "It holds hashes and keys' digests: chmod 700 " + folder);
        }
        return Finding.ok(check, folder + use);
    }

    private static boolean isOpenToOthers(Path folder) {
        try {
            return Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_READ);
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** The folder itself, or the nearest one above it that is there. */
    private static Path existing(Path folder) {
        Path at = folder;
        while (!Files.exists(at) && at.getParent() != null) {
            at = at.getParent();
        }
        return at;
    }

    private static Finding disk(Path folder) {
        try {
            FileStore store = Files.getFileStore(existing(folder));
            long free = store.getUsableSpace();
            String detail = store.type() + String.format(Locale.ROOT, ", %,d MB free", free / 1_000_000);
            if (REMOTE.contains(store.type())) {
                return Finding.fail(
                        "disk", detail, "The database needs a disk of this machine: locks and syncs have to hold.");
            }
            if (PASSING.contains(store.type())) {
                return Finding.warn(
                        "disk",
                        detail,
                        "What is stored there may be gone after a restart. In a container, mount a volume.");
            }
            long wanted = Math.max(LEAST_FREE_BYTES, 2 * DatabaseFolder.indexBytes(folder));
            return free < wanted
                    ? Finding.warn("disk", detail, "The index is saved beside the one before, and uploads need room.")
                    : Finding.ok("disk", detail);
        } catch (IOException e) {
            return Finding.warn("disk", "cannot be told: " + e.getMessage(), "Look at " + folder + ".");
        }
    }

    private Finding port(@Nullable String holder) {
        String where = config.bindAddress() + ":" + config.port();
        InetAddress address;
        try {
            address = InetAddress.getByName(config.bindAddress());
        } catch (UnknownHostException e) {
            return Finding.fail("port", where + ": no such host", "Set host to a name or address of this machine.");
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(address, config.port()));
            return Finding.ok("port", where + ": free");
        } catch (IOException e) {
            return holder == null
                    ? Finding.fail(
                            "port", where + ": " + e.getMessage(), "Stop what listens there, or set port or host.")
                    : Finding.ok("port", where + ": taken, by the server that has the data folder, if it is that one");
        }
    }

    private Finding tls() {
        String check = "tls";
        TlsFiles files = config.tls();
        if (files == null) {
            return Finding.ok(check, "off: " + Setting.TLS_CERTIFICATE.key() + " is not set");
        }
        try {
            Identity identity = Identity.read(files);
            List<String> warnings = new ArrayList<>(identity.warnings(files, Instant.now()));
            if (warnings.isEmpty() && identity.expires().isBefore(Instant.now().plus(SOON))) {
                warnings.add(Setting.TLS_CERTIFICATE.key() + ": ends soon, renew it");
            }
            String boringSsl = Tls.whyNoBoringSsl();
            if (boringSsl != null) {
                warnings.add(boringSsl + ". TLS will be by the JDK, and slower");
            }
            return warnings.isEmpty()
                    ? Finding.ok(check, identity.describe())
                    : Finding.warn(check, identity.describe(), String.join("; ", warnings) + ".");
        } catch (TlsRefusedException e) {
            return Finding.fail(
                    check,
                    String.valueOf(e.getMessage()),
                    "Set " + Setting.TLS_CERTIFICATE.key() + " and " + Setting.TLS_KEY.key() + " to what belongs"
                            + " together, or to nothing.");
        }
    }

    private Finding keys() {
        try {
            SharedCatalog catalog = config.catalog();
            if (catalog == null) {
                checkGuarded(new KeyRing(config.dataFolder()));
            } else {
                try (Documents shared = catalog.documents(config.dataFolder())) {
                    checkGuarded(new KeyRing(shared));
                }
            }
            return Finding.ok("keys", "access = " + config.toml(Setting.ACCESS) + ", on " + config.bindAddress());
        } catch (DatabaseRefusedException e) {
            return Finding.warn("keys", "not seen: " + e.getMessage(), "See catalog.");
        } catch (KeysRefusedException e) {
            return Finding.fail(
                    "keys", String.valueOf(e.getMessage()), "Put keys.json back or make a key, or set access or host.");
        }
    }

    private void checkGuarded(KeyRing keys) {
        Gate.start(keys, config.access(), config.bindAddress()).close();
    }

    private Finding variables() {
        List<String> unknown = Settings.unknownVariables(environment);
        return unknown.isEmpty()
                ? Finding.ok("environment", "no unknown SEMBLANCE_ variables")
                : Finding.warn("environment", String.join("; ", unknown), "A misspelt variable has no effect.");
    }
}
