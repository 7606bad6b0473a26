package org.semblance.hashdb.backup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DatabaseFolder;
import org.semblance.hashdb.DatabaseRefusedException;
import org.semblance.hashdb.FolderLock;
import org.semblance.hashdb.SharedCatalog;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.postgres.PostgresDialect;
import org.semblance.hashdb.catalog.sql.CatalogCopy;
import org.semblance.hashdb.document.Documents;
import org.semblance.hashdb.file.DurableFile;
import org.semblance.hashdb.json.StrictJson;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.hashdb.outbox.Outbox;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A copy of a data folder in a folder of its own: the catalog in one consistent state, the match log, what the webhook was not told
 * yet, and files beside them. What is derived is left out. A backup can be made while a server has the folder, as SQLite lets a second
 * process read beside the one that writes.
 *
 * <p>{@code backup.json} is written last, so that a folder without it is no whole backup:
 *
 * <pre>
 * {"format":1,"at":…,"seq":7,"files":[{"name":"catalog.db","bytes":…,"sha256":…},…]}
 * </pre>
 */
public final class Backup {
    private static final String MANIFEST = "backup.json";
    private static final int FORMAT = 1;

    /** Where a restore keeps what was there; a name that no database minds. */
    private static final String ASIDE = ".before-restore-";

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** Files of a backup that nodes share, where they share a catalog. */
    private static final Set<String> SHARED = Set.of("keys.json", "exchanges.json");

    private Backup() {}

    /**
     * The content of a backup.
     *
     * @param seq the newest change in it
     * @param leftOut what could not be copied, and why; never of the catalog
     */
    public record Made(Instant at, long seq, List<Entry> files, List<String> leftOut) {
        public Made {
            files = List.copyOf(files);
            leftOut = List.copyOf(leftOut);
        }
    }

    /** A file of a backup. */
    public record Entry(String name, long bytes, String sha256) {}

    /**
     * Copies the data folder, whether a server has it or not, and then proves the journal of the copy.
     *
     * @param target a new or an empty folder
     * @param others names of files that are replaced as a whole when they change; those that are not there are passed over
     * @throws DatabaseRefusedException if there is no database, the target holds something, or the copy is not sound
     * @throws IOException if the target cannot be written
     */
    public static Made write(Path folder, Path target, List<String> others, Instant now) throws IOException {
        return write(folder, null, target, others, now);
    }

    /**
     * As {@link #write(Path, Path, List, Instant)}; the backup of a catalog that nodes share opens alone.
     *
     * @param shared the catalog of the node; null if it is in the folder
     */
    public static Made write(Path folder, @Nullable SharedCatalog shared, Path target, List<String> others, Instant now)
            throws IOException {
        Path catalog = folder.resolve(DatabaseFolder.CATALOG);
        if (shared == null && !Files.exists(catalog)) {
            throw new DatabaseRefusedException(
                    folder, "has no " + DatabaseFolder.CATALOG + " (expected: a data folder)");
        }
        DatabaseFolder.requireNoFile(target);
        DatabaseFolder.create(target);
        requireEmpty(target, "a new or an empty folder for the backup");
        List<String> names = new ArrayList<>();
        List<String> leftOut = new ArrayList<>();
        if (shared != null) {
            names.addAll(documents(shared, folder, target, others));
        }
        for (String name : others) {
            if (!names.contains(name) && Files.exists(folder.resolve(name))) {
                copy(folder.resolve(name), target.resolve(name));
                names.add(name);
            }
        }
        Path copy = target.resolve(DatabaseFolder.CATALOG);
        long seq;
        try {
            if (shared == null) {
                CatalogCopy.make(catalog, copy);
            } else {
                CatalogCopy.makeOfShared(PostgresDialect.open(shared.address(), shared.password(), null, false), copy);
            }
            seq = CatalogCopy.prove(copy);
        } catch (CatalogRefusedException | StorageFailedException e) {
            throw new DatabaseRefusedException(folder, String.valueOf(e.getMessage()), e);
        }
        names.add(DatabaseFolder.CATALOG);
        copyBeside(MatchLog.FILE_NAME, () -> MatchLog.copy(folder, target), names, leftOut);
        copyBeside(Outbox.FILE_NAME, () -> Outbox.copy(folder, target), names, leftOut);
        List<Entry> files = new ArrayList<>();
        for (String name : names) {
            ownerOnly(target.resolve(name)); // SQLite makes its files as the process makes any.
            files.add(entry(target.resolve(name)));
        }
        Made made = new Made(now, seq, files, leftOut);
        DurableFile.writePrivate(target.resolve(MANIFEST), StrictJson.INDENTED.writeValueAsBytes(json(made)));
        return made;
    }

    /** Writes those of the files that nodes share; what a folder has of them is of before. */
    private static List<String> documents(SharedCatalog shared, Path folder, Path target, List<String> others)
            throws IOException {
        List<String> names = new ArrayList<>();
        try (Documents documents = shared.documents(folder)) {
            for (String name : others) {
                byte[] content = documents.document(name).read();
                if (content != null) {
                    DurableFile.writePrivate(target.resolve(name), content);
                    names.add(name);
                }
            }
        }
        return names;
    }

    private interface Copying {
        boolean copy() throws IOException;
    }

    /** A file that the list does not depend on: one that is damaged must not keep the list from being backed up. */
    private static void copyBeside(String name, Copying copying, List<String> names, List<String> leftOut) {
        try {
            if (copying.copy()) {
                names.add(name);
            }
        } catch (IOException e) {
            leftOut.add(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Reads what a backup says of itself, and compares each file with that.
     *
     * @throws DatabaseRefusedException if the folder is no whole backup, or a file differs
     */
    public static Made check(Path backup) {
        Made made = manifest(backup);
        for (Entry entry : made.files) {
            try {
                if (!entry(backup.resolve(entry.name)).equals(entry)) {
                    throw new DatabaseRefusedException(
                            backup, entry.name + " is not as it was written (its length or SHA-256 differs)");
                }
            } catch (IOException e) {
                throw new DatabaseRefusedException(backup, entry.name + " cannot be read: " + e, e);
            }
        }
        return made;
    }

    /**
     * Puts a backup in the place of a database, after {@link #check}. The catalog comes last, so that a restore that was cut off leaves
     * no database that could be taken for the whole.
     *
     * @param folder new or empty, unless {@code force}
     * @param force whether what is there is kept in a folder inside
     * @return where that is; empty if there was nothing
     * @throws DatabaseRefusedException if the backup is not sound, or the folder is in use or holds something
     * @throws IOException if the folder cannot be written
     */
    public static Optional<Path> restore(Path backup, Path folder, boolean force, Instant now) throws IOException {
        Made made = check(backup);
        if (Files.exists(folder) && Files.isSameFile(backup, folder)) {
            throw new DatabaseRefusedException(folder, "is the backup itself (expected: another folder)");
        }
        DatabaseFolder.create(folder);
        FolderLock lock = FolderLock.take(folder);
        try {
            List<Path> there = entries(folder);
            Path aside = null;
            if (!there.isEmpty()) {
                if (!force) {
                    requireEmpty(
                            folder,
                            "a new or an empty folder, or --force, which keeps what is there in a folder inside");
                }
                aside = folder.resolve(ASIDE + STAMP.format(now));
                DatabaseFolder.create(aside);
                for (Path one : there) {
                    Files.move(one, aside.resolve(one.getFileName()));
                }
            }
            for (Entry entry : made.files) {
                if (!entry.name.equals(DatabaseFolder.CATALOG)) {
                    copy(backup.resolve(entry.name), folder.resolve(entry.name));
                }
            }
            copy(backup.resolve(DatabaseFolder.CATALOG), folder.resolve(DatabaseFolder.CATALOG));
            return Optional.ofNullable(aside);
        } finally {
            lock.close();
        }
    }

    /**
     * Puts a backup into a catalog that nodes share and that has no changes yet, after {@link #check}: the banks with their journal,
     * whose hashes stay as they are, and what nodes share beside them. The match log and what the webhook was not told yet are a
     * folder's own and are left out.
     *
     * @return names of the files of the backup that were put there
     * @throws DatabaseRefusedException if the backup is not sound, or the catalog has changes or cannot be used
     * @throws IOException if the backup cannot be read
     */
    public static List<String> restoreShared(Path backup, SharedCatalog shared) throws IOException {
        Made made = check(backup);
        Path folder = Files.createTempDirectory("semblance-restore");
        try {
            Path catalog = folder.resolve(DatabaseFolder.CATALOG);
            copy(backup.resolve(DatabaseFolder.CATALOG), catalog);
            CatalogCopy.fillShared(catalog, PostgresDialect.open(shared.address(), shared.password(), null, false));
            List<String> names = new ArrayList<>(List.of(DatabaseFolder.CATALOG));
            try (Documents documents = shared.documents(backup)) {
                for (Entry entry : made.files) {
                    if (SHARED.contains(entry.name)) {
                        byte[] content = Files.readAllBytes(backup.resolve(entry.name));
                        documents.document(entry.name).change(before -> content);
                        names.add(entry.name);
                    }
                }
            }
            return names;
        } catch (CatalogRefusedException | StorageFailedException e) {
            throw new DatabaseRefusedException(backup, String.valueOf(e.getMessage()), e);
        } finally {
            try (Stream<Path> left = Files.list(folder)) {
                for (Path file : left.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    private static void ownerOnly(Path file) throws IOException {
        if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
    }

    private static void requireEmpty(Path folder, String expected) throws IOException {
        List<Path> there = entries(folder);
        if (!there.isEmpty()) {
            throw new DatabaseRefusedException(
                    folder, "holds " + there.getFirst().getFileName() + " (expected: " + expected + ")");
        }
    }

    /** All that counts in a folder, by name. */
    private static List<Path> entries(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> {
                        String name = file.getFileName().toString();
                        return !name.startsWith(ASIDE)
                                && !name.equals(FolderLock.FILE_NAME)
                                && !name.equals("lost+found");
                    })
                    .sorted()
                    .toList();
        }
    }

    /** Copies a file to one that only its owner may read, durably. */
    private static void copy(Path from, Path to) throws IOException {
        Path aside = DurableFile.aside(to);
        Files.deleteIfExists(aside);
        try (InputStream in = Files.newInputStream(from);
                FileChannel channel = DurableFile.openPrivate(aside, StandardOpenOption.CREATE_NEW);
                OutputStream out = Channels.newOutputStream(channel)) {
            in.transferTo(out);
        }
        DurableFile.publish(aside, to);
    }

    private static Entry entry(Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        long bytes;
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            bytes = in.transferTo(OutputStream.nullOutputStream());
        }
        return new Entry(file.getFileName().toString(), bytes, HexFormat.of().formatHex(digest.digest()));
    }

    private static ObjectNode json(Made made) {
        ObjectNode json = StrictJson.INDENTED
                .createObjectNode()
                .put("format", FORMAT)
                .put("at", made.at.toString())
                .put("seq", made.seq);
        ArrayNode files = json.putArray("files");
        made.files.forEach(file -> files.addObject()
                .put("name", file.name)
                .put("bytes", file.bytes)
                .put("sha256", file.sha256));
        return json;
    }

    private static Made manifest(Path backup) {
        try {
            JsonNode json = StrictJson.INDENTED.readTree(Files.readAllBytes(backup.resolve(MANIFEST)));
            if (json.path("format").asInt(0) != FORMAT) {
                throw new DatabaseRefusedException(
                        backup, MANIFEST + ": format: " + json.path("format") + " (expected: " + FORMAT + ")");
            }
            List<Entry> files = new ArrayList<>();
            for (JsonNode file : json.path("files")) {
                String name = file.path("name").asString("");
                if (!Path.of(name).equals(Path.of(name).getFileName()) || name.isEmpty() || name.startsWith(".")) {
                    throw new DatabaseRefusedException(
                            backup, MANIFEST + ": '" + name + "' (expected: the name of a file)");
                }
                files.add(new Entry(
                        name, file.path("bytes").asLong(-1), file.path("sha256").asString("")));
            }
            if (files.stream().noneMatch(file -> file.name.equals(DatabaseFolder.CATALOG))) {
                throw new DatabaseRefusedException(backup, MANIFEST + " names no " + DatabaseFolder.CATALOG);
            }
            return new Made(
                    Instant.parse(json.path("at").asString("")),
                    json.path("seq").asLong(0),
                    files,
                    List.of());
        } catch (NoSuchFileException e) {
            throw new DatabaseRefusedException(
                    backup, "has no " + MANIFEST + " (expected: a whole backup, as semblance backup makes one)", e);
        } catch (JacksonException | DateTimeException | IOException e) {
            throw new DatabaseRefusedException(backup, MANIFEST + " cannot be read: " + e.getMessage(), e);
        }
    }
}
