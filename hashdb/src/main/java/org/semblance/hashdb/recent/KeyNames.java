package org.semblance.hashdb.recent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.DurableFile;
import org.semblance.hashdb.file.SealedText;

/**
 * A number for the name of each key that ever sent an upload, so that a slot of the ring has room for it. Number 0 is no
 * key. A name keeps its number; there are never more than a few hundred.
 *
 * <p>The file is a {@link SealedText} with a name a line, number 1 first, and is on the disk before a slot has the number.
 */
final class KeyNames {
    /** The number of no key. */
    static final int NONE = 0;

    private static final SealedText FORMAT = new SealedText("a list of keys of recent uploads", "SmblRcKy", 1);

    private static final int MOST = 0xffff;

    private final Path file;
    private final Map<String, Integer> numbers = new HashMap<>();

    /** Replaced as a whole, so that readers need no lock. */
    private volatile List<String> names;

    private KeyNames(Path file, List<String> names) {
        this.file = file;
        this.names = List.copyOf(names);
        for (int i = 0; i < names.size(); i++) {
            numbers.put(names.get(i), i + 1);
        }
    }

    /** Without a name, whatever the file has. */
    static KeyNames empty(Path file) {
        return new KeyNames(file, List.of());
    }

    /**
     * Reads the file, of which none has no name.
     *
     * @throws IOException if it is damaged or cannot be read
     */
    static KeyNames open(Path file) throws IOException {
        if (!Files.exists(file)) {
            return empty(file);
        }
        String body = FORMAT.open(file, Files.readString(file, StandardCharsets.ISO_8859_1));
        return new KeyNames(file, body.lines().filter(line -> !line.isEmpty()).toList());
    }

    /** The name of that number; null for no key, and for one that was never given. */
    @Nullable
    String name(int number) {
        List<String> known = names;
        return number == NONE || number > known.size() ? null : known.get(number - 1);
    }

    /**
     * The number of that name, which is given one if it has none. For one thread.
     *
     * @throws IOException if the new name cannot be written
     */
    int number(@Nullable String name) throws IOException {
        if (name == null) {
            return NONE;
        }
        Integer known = numbers.get(name);
        if (known != null) {
            return known;
        }
        if (names.size() == MOST) {
            throw new IOException(file + ": has no room for another key");
        }
        List<String> more = new ArrayList<>(names);
        more.add(name);
        String body = "\n" + String.join("\n", more) + "\n";
        DurableFile.writePrivate(file, FORMAT.seal(body).getBytes(StandardCharsets.ISO_8859_1));
        names = List.copyOf(more);
        numbers.put(name, more.size());
        return more.size();
    }
}
