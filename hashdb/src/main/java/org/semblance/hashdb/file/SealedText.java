package org.semblance.hashdb.file;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * The frame of a small file that people may read.
 *
 * <pre>
 * magic, a space, version in decimal digits
 * body                                         begins and ends with a space or line feed
 * CRC-32C of all before, 8 hex digits
 * line feed
 * </pre>
 *
 * @param name what messages call such a file
 */
public record SealedText(String name, String magic, int version) {
    private static final int SEAL_CHARS = 8 + 1;

    /** The file's text. */
    public String seal(String body) {
        String text = magic + " " + version + body;
        return text + checksum(text) + "\n";
    }

    /**
     * Reads what {@link #seal} wrote.
     *
     * @param file for messages
     * @return the body
     */
    public String open(Path file, String text) throws FormatException {
        if (!text.startsWith(magic + " ")) {
            throw new FormatException.OtherFormat(file, name);
        }
        int end = text.length() - SEAL_CHARS;
        int digits = magic.length() + 1;
        int body = digits;
        while (body < end && Character.isDigit(text.charAt(body))) {
            body++;
        }
        if (body == digits || !text.substring(end).equals(checksum(text.substring(0, end)) + "\n")) {
            throw new FormatException.Damaged(file, name + " is damaged");
        }
        int written = Integer.parseInt(text.substring(digits, body));
        if (written != version) {
            throw new FormatException.OtherVersion(file, name, written, version);
        }
        return text.substring(body, end);
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
        return hex(crc);
    }

    /** A checksum in 8 hex digits. */
    public static String hex(CRC32C crc) {
        return String.format(Locale.ROOT, "%08x", crc.getValue());
    }
}
