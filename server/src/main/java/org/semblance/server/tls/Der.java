package org.semblance.server.tls;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/** The little of DER (X.690) that it takes to put a key of an old format into the one that Java reads. */
final class Der {
    static final byte SEQUENCE = 0x30;
    static final byte OCTET_STRING = 0x04;
    private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};

    private Der() {}

    /**
     * PKCS#8 (RFC 5208) of a key in its algorithm's own format.
     *
     * @param key as PKCS#1 (RFC 8017) or SEC 1 (RFC 5915) have it
     * @param publicKey the public key that belongs to it, as X.509 has it, which begins with the algorithm and its parameters
     * @throws IllegalArgumentException if that is no DER
     */
    static byte[] pkcs8(byte[] key, byte[] publicKey) {
        try {
            ByteBuffer info = ByteBuffer.wrap(publicKey);
            openSequence(info);
            int from = info.position();
            int length = openSequence(info);
            byte[] algorithm = new byte[info.position() - from + length];
            info.get(from, algorithm);
            return element(SEQUENCE, VERSION_0, algorithm, element(OCTET_STRING, key));
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("ends too early", e);
        }
    }

    /** Goes on to what is in it. Returns its length. */
    private static int openSequence(ByteBuffer in) {
        if (in.get() != SEQUENCE) {
            throw new IllegalArgumentException("no sequence");
        }
        int length = in.get() & 0xff;
        if (length < 0x80) {
            return length;
        }
        int more = 0;
        for (int i = length & 0x7f; i > 0; i--) {
            more = more << 8 | in.get() & 0xff;
        }
        return more;
    }

    /** One element: its tag, its length, and these parts. */
    static byte[] element(byte tag, byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteBuffer out = ByteBuffer.allocate(length + 6).put(tag);
        if (length < 0x80) {
            out.put((byte) length);
        } else if (length < 0x100) {
            out.put((byte) 0x81).put((byte) length);
        } else if (length < 0x10000) {
            out.put((byte) 0x82).putShort((short) length);
        } else {
            out.put((byte) 0x83).put((byte) (length >> 16)).putShort((short) length); // A file has less than 16 MB.
        }
        for (byte[] part : parts) {
            out.put(part);
        }
        byte[] bytes = new byte[out.position()];
        out.get(0, bytes);
        return bytes;
    }
}
