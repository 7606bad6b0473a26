package org.semblance.hashdb.catalog.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.DurableFile;
import org.semblance.hashdb.file.FormatException;
import org.semblance.hashdb.file.SealedText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which server a node last took its changes to, in a file of its folder, so that a node that is started after a failover does not
 * take the server of before for the right one. The file has the frame of {@link SealedText} on one line; its body is the server's
 * system identifier, or {@code -} if it does not tell, and its timeline.
 */
final class ServerMark {
    private static final String FILE_NAME = "catalog.server";
    private static final Logger LOG = LoggerFactory.getLogger(ServerMark.class);
    private static final SealedText FORMAT = new SealedText("the mark of the catalog's server", "semblance-server", 1);
    private static final Pattern BODY = Pattern.compile(" (\\d{1,20}|-) (\\d{1,10}) ");

    private final Path file;

    /** @param folder of the node */
    ServerMark(Path folder) {
        this.file = folder.resolve(FILE_NAME);
    }

    /** What the file has; null if there is none, or it cannot be read, and then the log tells. */
    Servers.@Nullable Identity read() {
        try {
            if (!Files.exists(file)) {
                return null;
            }
            Matcher fields = BODY.matcher(FORMAT.open(file, Files.readString(file, StandardCharsets.ISO_8859_1)));
            if (fields.matches()) {
                String system = fields.group(1);
                return new Servers.Identity(system.equals("-") ? null : system, Long.parseLong(fields.group(2)));
            }
            LOG.warn("{}: without a server; the next one is taken for the right one", file);
        } catch (FormatException e) {
            LOG.warn("{}; the next server is taken for the right one", e.getMessage());
        } catch (IOException e) {
            LOG.warn("{}: cannot be read, so the next server is taken for the right one: {}", file, e.toString());
        }
        return null;
    }

    /** Notes the server. If that fails the log tells. */
    void write(Servers.Identity server) {
        String body = " " + (server.system() == null ? "-" : server.system()) + " " + server.timeline() + " ";
        try {
            DurableFile.writePrivate(file, FORMAT.seal(body).getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            LOG.warn("{}: cannot be written: {}", file, e.toString());
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
