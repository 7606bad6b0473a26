package org.semblance.hashdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.semblance.hashdb.follow.IndexKind;

/** The folder of a database, whether a process has it open or not. */
public final class DatabaseFolder {
    /** The file of the banks, where the folder has its own. */
    public static final String CATALOG = "catalog.db";

    /** Marks the folder of a node whose catalog is elsewhere. */
    static final String NODE = "node";

    /** The index of features takes so many times as much memory as its snapshot, which has no tables. */
    private static final int TABLES_TO_FEATURES = 3;

    private DatabaseFolder() {}

    /**
     * Returns unless the name of a data folder is that of a file.
     *
     * @throws DatabaseRefusedException if a file has this name
     */
    public static void requireNoFile(Path folder) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new DatabaseRefusedException(folder, "is a file (expected: a folder)");
        }
    }

    /**
     * Creates the folder if it is not there, and refuses one of something else, so that a mistyped path is not filled
     * with a new database. Takes no lock.
     *
     * @throws DatabaseRefusedException if it holds something else, or cannot be read or created
     */
    public static void prepare(Path folder) {
        requireNoFile(folder);
        try {
            create(folder);
            if (Files.exists(folder.resolve(CATALOG))) {
                return;
            }
            if (Files.exists(folder.resolve(NODE))) {
                throw new DatabaseRefusedException(
                        folder,
                        "is of a node whose catalog is elsewhere (expected: that catalog, as --catalog or in the settings)");
            }
            requireNothingElse(folder, CATALOG);
        } catch (IOException e) {
            throw new DatabaseRefusedException(folder, "cannot be read or created: " + FileProblem.of(e), e);
        }
    }

    /**
     * Creates the folder of a node whose catalog is in a database that nodes share, and marks the folder as such.
     *
     * @throws DatabaseRefusedException if the folder holds a catalog or something else, or cannot be read or created
     */
    public static void prepareNode(Path folder) {
        requireNoFile(folder);
        try {
            create(folder);
            if (Files.exists(folder.resolve(CATALOG))) {
                throw new DatabaseRefusedException(
                        folder,
                        "holds " + CATALOG
                                + ", a catalog of its own (expected: a new folder for a node whose catalog is"
                                + " elsewhere)");
            }
            if (Files.exists(folder.resolve(NODE))) {
                return;
            }
            requireNothingElse(folder, NODE);
            Files.writeString(folder.resolve(NODE), "The catalog of this node is in a database of its own.\n");
        } catch (IOException e) {
            throw new DatabaseRefusedException(folder, "cannot be read or created: " + FileProblem.of(e), e);
        }
    }

    /** Whether a node uses the folder whose catalog is in a database that nodes share. */
    public static boolean isNode(Path folder) {
        return Files.exists(folder.resolve(NODE)) && !Files.exists(folder.resolve(CATALOG));
    }

    private static void requireNothingElse(Path folder, String missing) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            Optional<String> other = files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith(".")
                            && !name.equals("lost+found")
                            && !name.equals(FolderLock.FILE_NAME)
                            // The server's keys, which may be made before the first start.
                            && !name.startsWith("keys.json")
                            && !name.startsWith(CATALOG + ".new"))
                    .min(Comparator.naturalOrder());
            if (other.isPresent()) {
                throw new DatabaseRefusedException(
                        folder,
                        "holds " + other.get() + " but no " + missing
                                + " (expected: a data folder, or an empty or new one)");
            }
        }
    }

    /**
     * Which process has the folder open, in words; empty if none has.
     *
     * @throws IOException if that cannot be told
     */
    public static Optional<String> holder(Path folder) throws IOException {
        return Optional.ofNullable(FolderLock.holder(folder));
    }

    /** Bytes that the files of a database have which lookups need in memory: about what its index will take. */
    public static long indexBytes(Path folder) {
        return folder.resolve(IndexKind.HASHES.fileName()).toFile().length()
                + TABLES_TO_FEATURES
                        * folder.resolve(IndexKind.FEATURES.fileName()).toFile().length();
    }

    /** A folder of hashes is its owner's alone; one that is there already stays as it was made. */
    public static void create(Path folder) throws IOException {
        if (Files.exists(folder)) {
            return;
        }
        Path parent = folder.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectory(folder);
        }
    }
}
