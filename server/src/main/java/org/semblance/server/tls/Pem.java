package org.semblance.server.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.semblance.server.config.Setting;

/**
 * A block of a PEM file (RFC 7468).
 *
 * @param label what it says it is, as in {@code CERTIFICATE}
 * @param text what stands between its two lines: Base64, and in old files header fields before it
 */
record Pem(String label, String text) {
    /** More than a chain of any length has. */
    private static final int MAX_BYTES = 1 << 20;

    private static final String BEGIN = "-----BEGIN ";
    private static final String DASHES = "-----";

    /**
     * The blocks of a file, in their order.
     *
     * @param key the setting that names the file
     * @throws TlsRefusedException if it cannot be read
     */
    static List<Pem> read(Setting<?> key, Path file, String expected) {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            throw new TlsRefusedException(key, file, "not there", expected, e);
        } catch (AccessDeniedException e) {
            throw new TlsRefusedException(key, file, "may not be read by the server's user", expected, e);
        } catch (IOException e) {
            throw new TlsRefusedException(key, file, "cannot be read: " + e.getMessage(), expected, e);
        }
        if (bytes.length > MAX_BYTES) {
            throw new TlsRefusedException(key, file, "more than " + MAX_BYTES + " bytes", expected, null);
        }
        return blocks(new String(bytes, StandardCharsets.ISO_8859_1));
    }

    private static List<Pem> blocks(String file) {
        List<Pem> blocks = new ArrayList<>();
        String label = "";
        StringBuilder text = new StringBuilder();
        for (String line : file.lines().map(String::strip).toList()) {
            if (line.startsWith(BEGIN) && line.endsWith(DASHES)) {
                label = line.substring(BEGIN.length(), line.length() - DASHES.length());
                text.setLength(0);
            } else if (!label.isEmpty() && line.equals("-----END " + label + DASHES)) {
                blocks.add(new Pem(label, text.toString()));
                label = "";
            } else {
                text.append(line).append('\n');
            }
        }
        return blocks;
    }

    /** The bytes of it. Throws an {@link IllegalArgumentException} if they are not in Base64. */
    byte[] der() {
        return Base64.getDecoder().decode(text.replace("\n", ""));
    }
}
