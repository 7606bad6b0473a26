package org.semblance.engine.guard;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.Digests;
import org.semblance.hashdb.hash.Signal;

/** Files that everybody has, such as the empty one: a bank with the digest of one would accuse every uploader. */
final class TrivialFiles {
    private static final int[] SIZES = {1, 16, 512, 1024, 4096, 65_536, 1 << 20};

    private static final Map<Signal, String> BY_DIGEST = new HashMap<>();

    static {
        add("a line feed", "\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        for (int size : SIZES) {
            add(size + " zero bytes", new byte[size]);
        }
        // Pixels that web pages are laid out and visits counted with.
        add(
                "a transparent GIF of one pixel",
                Base64.getDecoder().decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"));
        add(
                "a transparent GIF of one pixel",
                Base64.getDecoder().decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="));
        add(
                "a transparent GIF of one pixel",
                Base64.getDecoder().decode("R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="));
        add(
                "a transparent PNG of one pixel",
                Base64.getDecoder()
                        .decode(
                                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="));
        add(
                "a transparent PNG of one pixel",
                Base64.getDecoder()
                        .decode(
                                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="));
    }

    private TrivialFiles() {}

    private static void add(String name, byte[] bytes) {
        new Digests.Builder()
                .update(ByteBuffer.wrap(bytes))
                .finish()
                .all()
                .forEach(digest -> BY_DIGEST.put(digest, name));
    }

    /** The name of the trivial file that has that digest; null if none has. */
    static @Nullable String name(Signal signal) {
        return signal.type().isDigest() ? BY_DIGEST.get(new Signal(signal.type(), signal.value())) : null;
    }
}
