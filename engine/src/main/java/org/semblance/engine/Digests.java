package org.semblance.engine;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
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
    /** Of the bytes between position and limit (which stay as they are). */
    public static Digests of(ByteBuffer content) {
        return new Digests(hex("MD5", content), hex("SHA-1", content), hex("SHA-256", content));
    }

    /** All three, the strongest first: files of equal MD5 or SHA-1 can be made. */
    List<Signal> byStrength() {
        return List.of(
                new Signal(SignalType.SHA256, sha256),
                new Signal(SignalType.SHA1, sha1),
                new Signal(SignalType.MD5, md5));
    }

    /** MD5 and SHA-256 as signals: what is told of a content and banked. */
    public List<Signal> signals() {
        return List.of(new Signal(SignalType.MD5, md5), new Signal(SignalType.SHA256, sha256));
    }

    private static String hex(String algorithm, ByteBuffer content) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm);
            digest.update(content.duplicate());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + algorithm, e);
        }
    }
}
