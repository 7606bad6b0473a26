package org.semblance.server.auth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.semblance.hashdb.file.DurableFile;
import org.semblance.hashdb.json.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The way for the owner of a data folder to reach the server that has it: {@code server.json} in the folder, which only its owner may
 * read. The secret is the server's own, is new at each start, and may do what an admin may.
 *
 * <pre>
 * {"url":"http://127.0.0.1:5100","secret":"smb_…"}
 * </pre>
 */
public record RunningServer(String url, String secret) {
    private static final String NAME = "server.json";
    private static final JsonMapper JSON = StrictJson.COMPACT;

    /** What a server that stops in order takes back. */
    public interface Announcement extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Tells the owner of the folder how to reach this server, until it is taken back. What a killed server has left is
     * overwritten by the next one.
     *
     * @throws IOException if it cannot be written
     */
    public Announcement announce(Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        DurableFile.writePrivate(
                file,
                JSON.writeValueAsBytes(JSON.createObjectNode().put("url", url).put("secret", secret)));
        return () -> {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // The secret in it opens nothing any more.
            }
        };
    }

    /**
     * The server that was announced last for that folder; it may have been killed since.
     *
     * @throws IOException if the file is there and cannot be read, as by another user
     */
    public static Optional<RunningServer> of(Path folder) throws IOException {
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(folder.resolve(NAME)));
            return Optional.of(new RunningServer(
                    json.path("url").asString(""), json.path("secret").asString("")));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JacksonException e) {
            throw new IOException("not valid JSON", e);
        }
    }
}
