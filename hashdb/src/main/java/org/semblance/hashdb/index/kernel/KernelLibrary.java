package org.semblance.hashdb.index.kernel;

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
 * Our library of native code (hashdb/src/main/c), as the build found a compiler for it: a resource beside this class, with
 * the digest that it must have. It is loaded from memory, as a file that has no name, so nothing is left behind and nobody else
 * can have written it.
 */
final class KernelLibrary {
    static final String NAME = "librun.so";
    static final String DIGEST = "librun.so.sha256";

    /** What the library and {@link NativeKernels} agree in, see run.c. */
    static final long VERSION = 1;

    static final boolean IS_FOR_THIS_PLATFORM =
            System.getProperty("os.name", "").equals("Linux")
                    && System.getProperty("os.arch", "").equals("amd64");

    private static final Linker LINKER = Linker.nativeLinker();
    private static final FunctionDescriptor QUESTION = FunctionDescriptor.of(ValueLayout.JAVA_LONG);
    private static final FunctionDescriptor RUN = FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS);

    private static final int MFD_CLOEXEC = 1;

    private final SymbolLookup symbols;
    private final long forms;

    private KernelLibrary(SymbolLookup symbols, long expected) throws IOException {
        this.symbols = symbols;
        long version = ask("semblance_run_version");
        if (version != expected) {
            throw new IOException("it is of version " + version + " (expected: " + expected + ")");
        }
        forms = ask("semblance_run_forms");
    }

    /**
     * Loads the library of this build.
     *
     * @throws IOException if there is none, or it cannot be used; the message says why
     */
    static KernelLibrary open() throws IOException {
        if (!IS_FOR_THIS_PLATFORM) {
            throw new IOException("it is for Linux on x86-64");
        }
        return open(resource(NAME), new String(resource(DIGEST), StandardCharsets.US_ASCII).strip(), VERSION);
    }

    static byte[] resource(String name) throws IOException {
        try (InputStream in = KernelLibrary.class.getResourceAsStream(name)) {
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
    static KernelLibrary open(byte[] library, String sha256, long version) throws IOException {
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
            return new KernelLibrary(symbols, version);
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
     * The function that takes a run. Critical: it may be given arrays of the heap, and the virtual machine waits for it.
     *
     * @return null if this processor has not what the form needs
     */
    @Nullable
    MethodHandle run(NativeKernels.Form form) throws IOException {
        return (forms & form.bit) != 0
                ? LINKER.downcallHandle(find("semblance_run_" + form.suffix), RUN, Linker.Option.critical(true))
                : null;
    }

    private long ask(String function) throws IOException {
        MethodHandle handle = LINKER.downcallHandle(find(function), QUESTION);
        try {
            return (long) handle.invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException(function + " cannot be called", e);
        }
    }

    private MemorySegment find(String function) throws IOException {
        return symbols.find(function).orElseThrow(() -> new IOException("it has no function " + function));
    }
}
