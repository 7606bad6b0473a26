package org.semblance.hashdb.digest;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The form that every machine has. */
final class JavaDigester implements Digester {
    private final MessageDigest md5 = digest("MD5");
    private final MessageDigest sha1 = digest("SHA-1");
    private final MessageDigest sha256 = digest("SHA-256");

    @Override
    public void update(ByteBuffer bytes) {
        md5.update(bytes.duplicate());
        sha1.update(bytes.duplicate());
        sha256.update(bytes.duplicate());
    }

    @Override
    public Result finish() {
        return new Result(hex(md5), hex(sha1), hex(sha256));
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + algorithm, e);
        }
    }
}
