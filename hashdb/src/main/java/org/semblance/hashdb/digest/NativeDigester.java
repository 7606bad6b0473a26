package org.semblance.hashdb.digest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import org.semblance.hashdb.natives.NativeLibrary;

/**
 * The pass of our own library over whole blocks; what is shorter than a block is kept until the rest of it comes. The three digests
 * have blocks of one size and the same padding, up to the order of the bytes in the length at its end.
 */
final class NativeDigester implements Digester {
    private static final int BLOCK = 64;

    /** A call takes no more than this: the virtual machine waits for it. */
    private static final int MOST_A_CALL = 1 << 16;

    // Where the words of the digests lie in the state, as in digest.c.
    private static final int MD5 = 0;
    private static final int SHA1 = 4;
    private static final int SHA256 = 9;

    private static final int[] BEGINNING = {
        0x67452301,
        0xefcdab89,
        0x98badcfe,
        0x10325476, // MD5
        0x67452301,
        0xefcdab89,
        0x98badcfe,
        0x10325476,
        0xc3d2e1f0, // SHA-1
        0x6a09e667,
        0xbb67ae85,
        0x3c6ef372,
        0xa54ff53a,
        0x510e527f,
        0x9b05688c,
        0x1f83d9ab,
        0x5be0cd19 // SHA-256
    };

    /** A constant, so that the compiler sees what is called; bound when it is used, which takes some milliseconds. */
    private static final class Bound {
        static final MethodHandle DIGEST = bind();

        private Bound() {}

        private static MethodHandle bind() {
            try {
                return NativeLibrary.get()
                        .critical(
                                "semblance_digest_sha",
                                FunctionDescriptor.ofVoid(
                                        ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
            } catch (IOException e) {
                throw new UncheckedIOException("the native form of digests is not available", e);
            }
        }
    }

    private final int[] state = BEGINNING.clone();

    /** The bytes that came after the last whole block: as many as the length leaves. */
    private final byte[] rest = new byte[BLOCK];

    private long length;

    @Override
    public void update(ByteBuffer bytes) {
        int at = bytes.position();
        int left = bytes.remaining();
        int kept = kept();
        length += left;
        if (kept > 0) {
            int more = Math.min(left, BLOCK - kept);
            bytes.get(at, rest, kept, more);
            at += more;
            left -= more;
            if (kept + more < BLOCK) {
                return;
            }
            digest(state, MemorySegment.ofArray(rest), BLOCK);
        }
        int whole = left - left % BLOCK;
        if (whole > 0) {
            digestWhole(bytes, at, whole);
        }
        bytes.get(at + whole, rest, 0, left - whole);
    }

    private int kept() {
        return (int) (length % BLOCK);
    }

    private void digestWhole(ByteBuffer bytes, int from, int whole) {
        MemorySegment source = MemorySegment.ofBuffer(bytes);
        if (source.isMapped()) {
            digestMapped(bytes, from, whole);
            return;
        }
        // The segment begins at the buffer's position.
        for (int at = from - bytes.position(), end = at + whole; at < end; at += MOST_A_CALL) {
            int size = Math.min(MOST_A_CALL, end - at);
            digest(state, source.asSlice(at, size), size);
        }
    }

    /**
     * By a copy: where a file that is mapped has become shorter, Java throws an error, and native code would end the process. And while
     * a page is read from disk no critical call may be under way.
     */
    private void digestMapped(ByteBuffer bytes, int from, int whole) {
        byte[] copy = new byte[Math.min(whole, MOST_A_CALL)];
        for (int at = from, end = from + whole; at < end; at += copy.length) {
            int size = Math.min(copy.length, end - at);
            bytes.get(at, copy, 0, size);
            digest(state, MemorySegment.ofArray(copy), size);
        }
    }

    /** Goes on by bytes of whole blocks. */
    private static void digest(int[] state, MemorySegment bytes, int size) {
        MemorySegment words = MemorySegment.ofArray(state);
        try {
            Bound.DIGEST.invokeExact(words, bytes, (long) size / BLOCK);
        } catch (Throwable e) {
            throw new IllegalStateException("the digests cannot be computed", e);
        }
    }

    @Override
    public Result finish() {
        int kept = kept();
        byte[] end = Arrays.copyOf(rest, kept + 1 + Long.BYTES <= BLOCK ? BLOCK : 2 * BLOCK);
        end[kept] = (byte) 0x80;
        Arrays.fill(end, kept + 1, end.length, (byte) 0);
        ByteBuffer padding = ByteBuffer.wrap(end);
        MemorySegment last = MemorySegment.ofArray(end);
        int[] ofMd5 = state.clone();
        padding.order(ByteOrder.LITTLE_ENDIAN).putLong(end.length - Long.BYTES, length * Byte.SIZE);
        digest(ofMd5, last, end.length);
        padding.order(ByteOrder.BIG_ENDIAN).putLong(end.length - Long.BYTES, length * Byte.SIZE);
        digest(state, last, end.length);
        Result result = new Result(
                hex(ofMd5, MD5, SHA1, ByteOrder.LITTLE_ENDIAN),
                hex(state, SHA1, SHA256, ByteOrder.BIG_ENDIAN),
                hex(state, SHA256, state.length, ByteOrder.BIG_ENDIAN));
        System.arraycopy(BEGINNING, 0, state, 0, state.length);
        length = 0;
        return result;
    }

    private static String hex(int[] state, int from, int end, ByteOrder order) {
        ByteBuffer bytes = ByteBuffer.allocate((end - from) * Integer.BYTES).order(order);
        bytes.asIntBuffer().put(state, from, end - from);
        return HexFormat.of().formatHex(bytes.array());
    }
}
