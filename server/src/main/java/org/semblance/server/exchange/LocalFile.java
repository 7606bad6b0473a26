package org.semblance.server.exchange;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.video.Vpdq;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.exchange.Exchange;
import org.semblance.hashdb.exchange.HashListEntry;
import org.semblance.hashdb.exchange.HashListIntake;
import org.semblance.hashdb.exchange.HashListReader;
import org.semblance.hashdb.hash.SignalType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A hash list in a file below the server's folder for exchanges: the partner of {@code local_file}. */
final class LocalFile implements Partner {
    private static final Logger LOG = LoggerFactory.getLogger(LocalFile.class);

    private final String exchange;
    private final Path folder;

    /** The file need not be there. */
    private final Path file;

    /** The type of entries that are a bare value. */
    private final SignalType bareType;

    private LocalFile(String exchange, Path folder, Path file, SignalType bareType) {
        this.exchange = exchange;
        this.folder = folder;
        this.file = file;
        this.bareType = bareType;
    }

    /**
     * The file that the exchange names; it need not be there.
     *
     * @throws IllegalArgumentException if the name leads out of the folder
     */
    static LocalFile of(Exchange exchange, Path fileFolder) {
        Map<String, @Nullable Object> config = exchange.config();
        Path folder = fileFolder.toAbsolutePath().normalize();
        SignalType bareType =
                config.get("signal_type") instanceof String type ? HashListReader.type(type) : SignalType.PDQ;
        return new LocalFile(exchange.name(), folder, below(folder, String.valueOf(config.get("filename"))), bareType);
    }

    private static Path below(Path folder, String name) {
        try {
            Path file = folder.resolve(name).normalize();
            if (file.startsWith(folder) && !file.equals(folder)) {
                return file;
            }
        } catch (InvalidPathException e) {
            // Answered as any other name that is none of a file there.
        }
        throw new IllegalArgumentException(
                "wrong value for field \"filename\" (expected: a file below the server's folder for exchanges)");
    }

    @Override
    public String version() throws FetchFailedException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(realFile(), BasicFileAttributes.class);
            return attributes.size() + " " + attributes.lastModifiedTime() + " " + attributes.fileKey();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    @Override
    public void list(BankKind kind, Entries entries) throws FetchFailedException {
        long[] firstUnusable = {0};
        long usable = 0;
        try (HashListReader reader = new HashListReader(realFile(), bareType, Vpdq::listed)) {
            HashListIntake list = new HashListIntake(
                    reader, kind, bad -> firstUnusable[0] = firstUnusable[0] == 0 ? bad.line() : firstUnusable[0]);
            for (HashListEntry.Usable entry = list.next(); entry != null; entry = list.next()) {
                entries.entry(entry.content());
                usable++;
            }
            tellLeftOut(list, firstUnusable[0]);
            if (usable == 0) {
                throw new FetchFailedException(
                        "no usable entry in the file, " + list.entries() + " that are none; nothing was withdrawn");
            }
        } catch (IOException e) {
            throw new FetchFailedException("the file is not a hash list: " + e.getMessage());
        }
    }

    /** Not why an entry cannot be banked: that may quote a hash. */
    private void tellLeftOut(HashListIntake list, long firstUnusable) {
        if (list.unusable() > 0) {
            LOG.warn(
                    "exchange {}: {} entries cannot be banked and are left out, the first in line {}",
                    exchange,
                    list.unusable(),
                    firstUnusable);
        }
        list.leftOut()
                .forEach((category, count) -> LOG.info(
                        "exchange {}: {} entries of category {} are left out of a bank of kind {}",
                        exchange,
                        count,
                        category,
                        list.kind().wireName()));
        if (!list.ignoredColumns().isEmpty()) {
            LOG.info("exchange {}: columns ignored: {}", exchange, String.join(", ", list.ignoredColumns()));
        }
    }

    /** The file with symbolic links followed, none of which may lead out of the folder either. */
    private Path realFile() throws FetchFailedException {
        try {
            Path real = file.toRealPath();
            if (!real.startsWith(folder.toRealPath())) {
                throw new FetchFailedException("the file is a link out of the server's folder for exchanges");
            }
            if (!Files.isRegularFile(real)) {
                throw new FetchFailedException("the path is not a file");
            }
            return real;
        } catch (NoSuchFileException e) {
            throw new FetchFailedException("there is no such file");
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static FetchFailedException unreadable(IOException e) {
        return new FetchFailedException(
                "the file cannot be read: " + e.getClass().getSimpleName());
    }
}
