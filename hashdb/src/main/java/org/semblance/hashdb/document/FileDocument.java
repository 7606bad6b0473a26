package org.semblance.hashdb.document;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.DurableFile;

/**
 * A file that its owner alone may read. A change is written aside, synced and moved into place, under a lock of the document's
 * own. That there ever was the file is remembered by another one beside it, so that its loss is noticed.
 */
public final class FileDocument implements Document {
    private final Path file;
    private final Path lock;
    private final Path mark;
    private final @Nullable String why;

    /** As the other one, without a file that remembers. */
    public FileDocument(Path folder, String name) {
        this(folder, name, "." + name + ".lock", null);
    }

    /**
     * A document that need not exist yet, in a folder that must when the document is changed.
     *
     * @param lock the name of the file that writers lock
     * @param why what the file says which remembers that there was the document, to a person who finds it; null for no such file
     */
    public FileDocument(Path folder, String name, String lock, @Nullable String why) {
        this.file = folder.resolve(name);
        this.lock = folder.resolve(lock);
        this.mark = folder.resolve(markOf(name));
        this.why = why;
    }

    /** The name of the file that remembers that there was a document of that name. */
    public static String markOf(String name) {
        return name + ".made";
    }

    @Override
    public byte @Nullable [] read() throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    @Override
    public void change(UnaryOperator<byte @Nullable []> change) throws IOException {
        // The system's lock is the process's: threads of one process exclude each other here.
        synchronized (FileDocument.class) {
            try (FileChannel channel = DurableFile.openPrivate(lock, StandardOpenOption.CREATE);
                    FileLock held = channel.lock()) {
                byte[] changed = change.apply(read());
                if (held.isValid() && changed != null) {
                    remember();
                    DurableFile.writePrivate(file, changed);
                }
            }
        }
    }

    /** Before there was a mark, the lock of writers remained. */
    @Override
    public boolean wasThere() {
        return Files.exists(mark) || Files.exists(lock);
    }

    @Override
    public void remember() throws IOException {
        if (why != null && !Files.exists(mark)) {
            DurableFile.writePrivate(mark, why.getBytes(StandardCharsets.UTF_8));
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
