package org.semblance.hashdb.natives;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.libc.Libc;
import org.semblance.hashdb.libc.Libc.Function;

/**
 * Our library of native code ({@code hashdb/src/main/c}), as the build found a compiler for it: a resource beside this class, with
 * the digest that it must have. It is loaded from memory, as a file that has no name, so nothing is left behind and nobody else
 * can have written it.
 */
public final class NativeLibrary {
    static final String NAME = "libsemblance.so";
    static final String DIGEST = "libsemblance.so.sha256";

    /** The version of the functions and their arguments; library.c has the same number. */
    static final long VERSION = 3;

    /** Whether the library is for this operating system and this kind of processor, so that a missing library is worth a warning. */
    public static final boolean IS_FOR_THIS_PLATFORM =
            System.getProperty("os.name", "").equals("Linux")
                    && System.getProperty("os.arch", "").equals("amd64");

    private static final Linker LINKER = Linker.nativeLinker();
    private static final int MFD_CLOEXEC = 1;

    /** The library of this build, loaded once. */
    private static final class Loaded {
        static final @Nullable NativeLibrary LIBRARY;
        /** Why there is none; or empty. */
        static final String FAILURE;

        static {
            NativeLibrary library = null;
            String failure = "";
            try {
                library = open();
            } catch (IOException e) {
                failure = String.valueOf(e.getMessage());
            }
            LIBRARY = library;
            FAILURE = failure;
        }

        private Loaded() {}
    }

    private final SymbolLookup symbols;

    private NativeLibrary(SymbolLookup symbols, long expected) throws IOException {
        this.symbols = symbols;
        long version = value("semblance_version");
        if (version != expected) {
            throw new IOException("it is of version " + version + " (expected: " + expected + ")");
        }
    }

    /**
     * The library of this build, which the first call loads.
     *
     * @throws IOException if there is none, or it cannot be used; the message says why
     */
    public static NativeLibrary get() throws IOException {
        NativeLibrary library = Loaded.LIBRARY;
        if (library == null) {
            throw new IOException(Loaded.FAILURE);
        }
        return library;
    }

    private static NativeLibrary open() throws IOException {
        if (!IS_FOR_THIS_PLATFORM) {
            throw new IOException("it is for Linux on x86-64");
        }
        return open(resource(NAME), new String(resource(DIGEST), StandardCharsets.US_ASCII).strip(), VERSION);
    }

    static byte[] resource(String name) throws IOException {
        try (InputStream in = NativeLibrary.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("this build has none, for want of a C compiler");
            }
            return in.readAllBytes();
        }
    }

    /**
     * Loads a library.
     *
     * @param sha256 of these bytes, in hexadecimal digits: what is damaged must not be run
     * @param version that it must have
     * @throws IOException if it cannot be used; the message says why
     */
    static NativeLibrary open(byte[] library, String sha256, long version) throws IOException {
        if (!HexFormat.of().formatHex(digest(library)).equals(sha256)) {
            throw new IOException("it is damaged: wrong SHA-256");
        }
        int file = (int) Libc.call(Function.MEMFD_CREATE, name(), MFD_CLOEXEC);
        Path path = Path.of("/proc/self/fd/" + file);
        boolean loaded = false;
        try {
            Files.write(path, library);
            SymbolLookup symbols = SymbolLookup.libraryLookup(path.toString(), Arena.global());
            // It stays open: the system knows the library by this path, which no other file shall have.
            loaded = true;
            return new NativeLibrary(symbols, version);
        } catch (IllegalArgumentException e) {
            throw new IOException("the system does not load it: " + e.getMessage(), e);
        } finally {
            if (!loaded) {
                Libc.tryCall(Function.CLOSE, file);
            }
        }
    }

    private static long name() {
        return Arena.global().allocateFrom(NAME).address();
    }

    private static byte[] digest(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * A value that the library has found out or was given, such as what the processor can run.
     *
     * @throws IOException if the library has none of that name
     */
    public long value(String name) throws IOException {
        return find(name).reinterpret(Long.BYTES).get(ValueLayout.JAVA_LONG, 0);
    }

    /**
     * Binds a function, which takes some milliseconds. The call is critical: it may be given arrays of the heap, and the virtual
     * machine waits for its end.
     *
     * @throws IllegalStateException if the library has no such function, for it is of another version then
     */
    public MethodHandle critical(String name, FunctionDescriptor function) {
        try {
            return LINKER.downcallHandle(find(name), function, Linker.Option.critical(true));
        } catch (IOException e) {
            throw new IllegalStateException("the native library: " + e.getMessage(), e);
        }
    }

    private MemorySegment find(String name) throws IOException {
        return symbols.find(name).orElseThrow(() -> new IOException("it has no " + name));
    }
}
