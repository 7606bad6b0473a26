package org.semblance.engine.media.internal.image;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.internal.HostLibraries;

/**
 * The libdeflate of the host, if it has one: it inflates two to three times as fast as the zlib that OpenCV was built with. The choice
 * is made once, by {@link #load}, since a process that has given up its rights can load nothing.
 *
 * <p>The three functions that are called are as they were in libdeflate 1.0, and the library's name tells of their interface.
 */
public final class Libdeflate {
    private static final String NAME = "libdeflate.so.0";

    /** The result of a function that succeeded. */
    private static final int SUCCESS = 0;

    private static final int TEST_BYTES = 1_000;

    private static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;

    private static @Nullable Libdeflate loaded;

    /** Why there is none; empty if there is one, or nobody has asked yet. */
    private static String failure = "";

    private final MethodHandle allocate;
    private final MethodHandle decompress;
    private final MethodHandle free;

    private Libdeflate(String library) throws IOException {
        SymbolLookup symbols;
        try {
            symbols = SymbolLookup.libraryLookup(library, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new IOException("this host has none that loads", e);
        }
        allocate = bind(symbols, "alloc_decompressor", FunctionDescriptor.of(ValueLayout.ADDRESS));
        decompress = bind(
                symbols,
                "zlib_decompress",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        SIZE,
                        ValueLayout.ADDRESS,
                        SIZE,
                        ValueLayout.ADDRESS));
        free = bind(symbols, "free_decompressor", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
        test();
    }

    private static MethodHandle bind(SymbolLookup symbols, String name, FunctionDescriptor function)
            throws IOException {
        MemorySegment symbol = symbols.find("libdeflate_" + name)
                .orElseThrow(() -> new IOException("the library has no libdeflate_" + name));
        return Linker.nativeLinker().downcallHandle(symbol, function);
    }

    /** Also does what the library does at its first use, such as to ask for the kind of the processor. */
    private void test() throws IOException {
        byte[] bytes = new byte[TEST_BYTES];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * i >> 6);
        }
        byte[] deflated = new byte[2 * TEST_BYTES];
        try (Deflater deflater = new Deflater();
                Arena arena = Arena.ofConfined()) {
            deflater.setInput(bytes);
            deflater.finish();
            int size = deflater.deflate(deflated);
            MemorySegment stream =
                    arena.allocateFrom(ValueLayout.JAVA_BYTE, deflated).asSlice(0, size);
            MemorySegment inflated = arena.allocate(TEST_BYTES);
            boolean isRight = inflate(stream, inflated)
                    && inflated.mismatch(MemorySegment.ofArray(bytes)) < 0
                    && !inflate(stream.asSlice(0, size - 1), inflated);
            if (!isRight) {
                throw new IOException("the library does not inflate what we deflated");
            }
        }
    }

    /** The library of the host, once loaded; null if there is none, or it may not be used. */
    public static synchronized @Nullable Libdeflate load() {
        if (loaded == null && failure.isEmpty()) {
            String wanted = HostLibraries.ofThisProcess().libdeflate();
            try {
                if (wanted.equals(HostLibraries.NONE)) {
                    throw new IOException("switched off");
                }
                loaded = new Libdeflate(wanted.isEmpty() ? NAME : wanted);
            } catch (IOException | RuntimeException e) { // Of one that is damaged anything may come.
                failure = String.valueOf(e.getMessage());
            }
        }
        return loaded;
    }

    /** Why {@link #load} gives none; empty if it gives one. */
    public static synchronized String failure() {
        load();
        return failure;
    }

    /**
     * Inflates a stream of zlib.
     *
     * @param stream off heap; bytes behind the end of the stream are ignored
     * @param target off heap, of exactly the size of what is in the stream; holds anything if this returns false
     * @return false if the stream is damaged, cut off, or of another size
     */
    boolean inflate(MemorySegment stream, MemorySegment target) {
        try {
            MemorySegment decompressor = (MemorySegment) allocate.invokeExact();
            if (decompressor.equals(MemorySegment.NULL)) {
                return false;
            }
            try {
                return (int) decompress.invokeExact(
                                decompressor, stream, stream.byteSize(), target, target.byteSize(), MemorySegment.NULL)
                        == SUCCESS;
            } finally {
                free.invokeExact(decompressor);
            }
        } catch (Throwable e) {
            throw new IllegalStateException("libdeflate cannot be called", e);
        }
    }
}
