package org.semblance.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.semblance.engine.media.MediaSource;
import org.semblance.hashdb.digest.Digester;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * The exact digests of a content's bytes. They stand apart from hashing so that a server can compute them as the bytes
 * arrive.
 *
 * @param md5 32 hex digits
 * @param sha1 40 hex digits; only looked up, because lists of partners hold it
 * @param sha256 64 hex digits
 */
public record Digests(String md5, String sha1, String sha256) {
    private static final int CHUNK_BYTES = 1 << 16;

    /** Of the bytes between position and limit (which stay as they are). */
    public static Digests of(ByteBuffer content) {
        return new Builder().update(content).finish();
    }

    /**
     * Of a content, wherever it lies.
     *
     * @throws IOException if it is in a file that cannot be read
     */
    public static Digests of(MediaSource source) throws IOException {
        return switch (source) {
            case MediaSource.InMemory memory -> of(memory.content());
            case MediaSource.InFile file -> {
                Builder builder = new Builder();
                ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
                try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
                    while (channel.read(chunk.clear()) >= 0) {
                        builder.update(chunk.flip());
                    }
                }
                yield builder.finish();
            }
            case MediaSource.Opened opened -> of(opened.content());
        };
    }

    /** All three, the strongest first: files of equal MD5 or SHA-1 can be made. */
    public List<Signal> all() {
        return List.of(
                new Signal(SignalType.SHA256, sha256),
                new Signal(SignalType.SHA1, sha1),
                new Signal(SignalType.MD5, md5));
    }

    /** MD5 and SHA-256 as signals: what is told of a content and banked. */
    public List<Signal> signals() {
        return List.of(new Signal(SignalType.MD5, md5), new Signal(SignalType.SHA256, sha256));
    }

    /** Takes the bytes as they come, in pieces. Not for two threads at once. */
    public static final class Builder {
        private final Digester digester = Digester.create();

        /** Adds the bytes between position and limit (which stay as they are). */
        public Builder update(ByteBuffer bytes) {
            digester.update(bytes);
            return this;
        }

        /** The digests of all bytes that came; then it is empty again. */
        public Digests finish() {
            Digester.Result result = digester.finish();
            return new Digests(result.md5(), result.sha1(), result.sha256());
        }
    }
}
