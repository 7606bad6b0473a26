package org.semblance.engine.media.internal.codec;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The functions of a libdav1d that is loaded, and where the fields lie of the structures that it shares with its callers.
 * The places are those of 64-bit systems, and were compared with the headers of each release from 1.0.0 to 1.5.3, which are
 * of the interfaces 6 and 7. Other interfaces are refused.
 */
final class Dav1d {
    /** Bytes of {@code Dav1dSettings}, and its fields. */
    static final int SETTINGS_BYTES = 96;

    static final int SETTINGS_THREADS = 0;
    static final int SETTINGS_FRAME_DELAY = 4;
    static final int SETTINGS_APPLY_GRAIN = 8;
    static final int SETTINGS_OPERATING_POINT = 12;
    static final int SETTINGS_ALL_LAYERS = 16;
    static final int SETTINGS_SIZE_LIMIT = 20;
    static final int SETTINGS_LOG_CALLBACK = 56;

    /** Bytes of {@code Dav1dData}. */
    static final int DATA_BYTES = 72;

    /** Bytes of the larger {@code Dav1dPicture}, that of interface 7, and its fields. */
    static final int PICTURE_BYTES = 272;

    static final int PICTURE_SEQUENCE = 0;
    static final int PICTURE_HEADER = 8;
    static final int PICTURE_PLANES = 16;
    static final int PICTURE_STRIDES = 40;
    static final int PICTURE_WIDTH = 56;
    static final int PICTURE_HEIGHT = 60;
    static final int PICTURE_LAYOUT = 64;
    static final int PICTURE_DEPTH = 68;

    /** In {@code Dav1dSequenceHeader}. */
    static final int SEQUENCE_MATRIX = 24;

    /** In {@code Dav1dFrameHeader}. */
    static final int HEADER_FRAME_TYPE = 232;

    /** An int in interface 6, a byte in interface 7. */
    private static final int SEQUENCE_RANGE_6 = 36;

    private static final int SEQUENCE_RANGE_7 = 33;

    /** As {@code dav1d_version_api} writes it, less the number of the patch. */
    private static final int INTERFACE_7 = 0x0700;

    /** The longest name of a version that is read. */
    private static final int VERSION_BYTES = 64;

    /** Each function takes at most three numbers or addresses, and reads no register behind its own: one shape does for all. */
    private static final FunctionDescriptor SHAPE = FunctionDescriptor.of(
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);

    private static final MethodHandle CALL = Linker.nativeLinker().downcallHandle(SHAPE);

    private final Map<Function, MemorySegment> functions = new EnumMap<>(Function.class);
    private final String version;
    private final int rangeOffset;

    /** A function of the library, whose name there begins with {@code dav1d_}. */
    enum Function {
        VERSION,
        DEFAULT_SETTINGS,
        OPEN,
        SEND_DATA,
        GET_PICTURE,
        APPLY_GRAIN,
        CLOSE,
        DATA_CREATE,
        DATA_UNREF,
        PICTURE_UNREF;

        private String symbol() {
            return "dav1d_" + name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Loads a library for as long as this process lives.
     *
     * @param library a path, or a name that the system looks for
     * @throws MissingException if the system does not load it
     * @throws IOException if it is of a version that we do not know; the message says so
     */
    Dav1d(String library) throws IOException {
        SymbolLookup symbols;
        try {
            symbols = SymbolLookup.libraryLookup(library, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new MissingException("the system does not load " + library, e);
        }
        for (Function function : Function.values()) {
            functions.put(
                    function,
                    symbols.find(function.symbol())
                            .orElseThrow(() -> new IOException(library + " has no " + function.symbol())));
        }
        version = MemorySegment.ofAddress(call(Function.VERSION, 0, 0, 0))
                .reinterpret(VERSION_BYTES)
                .getString(0);
        MemorySegment asksInterface = symbols.find("dav1d_version_api").orElse(null);
        if (asksInterface == null && version.matches("1\\.[0-2]\\..*")) {
            rangeOffset = SEQUENCE_RANGE_6;
        } else if (asksInterface != null && (int) call(asksInterface, 0, 0, 0) >> 8 == INTERFACE_7) {
            rangeOffset = SEQUENCE_RANGE_7;
        } else {
            throw new IOException(
                    library + " is of version " + version + " (expected: 1.0 to 1.5, interface 6 or 7.0)");
        }
    }

    /** The system does not load a library, be it that there is none. */
    static final class MissingException extends IOException {
        private MissingException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** As the library says it, such as 1.5.1. */
    String version() {
        return version;
    }

    /** Calls a function that gives an error below 0, or nothing of use. */
    int call(Function function, MemorySegment first, MemorySegment second) {
        return (int) call(function, first.address(), second.address(), 0);
    }

    int call(Function function, MemorySegment only) {
        return (int) call(function, only.address(), 0, 0);
    }

    /** @return the register of the result, whose upper half is undefined if that is an int */
    long call(Function function, long first, long second, long third) {
        return call(Objects.requireNonNull(functions.get(function)), first, second, third);
    }

    private static long call(MemorySegment function, long first, long second, long third) {
        try {
            return (long) CALL.invokeExact(function, first, second, third);
        } catch (Throwable e) {
            throw new IllegalStateException("libdav1d cannot be called", e);
        }
    }

    /** Whether the samples of a sequence use all values. */
    boolean isFullRange(MemorySegment sequence) {
        return sequence.reinterpret(rangeOffset + 1L).get(ValueLayout.JAVA_BYTE, rangeOffset) != 0;
    }
}
