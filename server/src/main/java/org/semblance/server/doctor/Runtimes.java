package org.semblance.server.doctor;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.media.Av1Decoder;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.hashdb.digest.Digester;
import org.semblance.hashdb.index.kernel.Kernels;
import org.semblance.hashdb.index.kernel.NativeKernels;
import org.semblance.hashdb.libc.Libc;
import org.semblance.hashdb.libc.Libc.Function;

/** The virtual machine, the C library and the decoders. */
final class Runtimes {
    private static final int JDK = 25;
    private static final String CACHE_FLAG = "-XX:SharedArchiveFile=";

    /** What the decoders were built with, as 2.35 is written here. */
    private static final int LEAST_GLIBC = 235;

    List<Finding> check() {
        return List.of(jdk(), platform(), glibc(), natives(), av1(), png(), lookups(), digests(), cache());
    }

    private static Finding jdk() {
        String version = System.getProperty("java.vm.name") + " " + Runtime.version();
        String install = "Install a JDK 25, for example Temurin 25 from adoptium.net, and set JAVA_HOME to it.";
        if (Runtime.version().feature() != JDK) {
            return Finding.fail("jdk", version + " (expected: 25)", install);
        }
        for (String module : List.of("jdk.compiler", "jdk.unsupported")) {
            if (ModuleLayer.boot().findModule(module).isEmpty()) {
                return Finding.fail("jdk", version + ": without the module " + module, install + " A JRE will not do.");
            }
        }
        return Finding.ok("jdk", version);
    }

    private static Finding platform() {
        String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                + Runtime.getRuntime().availableProcessors() + " processors";
        return platform.startsWith("Linux amd64")
                ? Finding.ok("platform", platform)
                : Finding.warn("platform", platform, "Only Linux on x86-64 has been run.");
    }

    private static Finding glibc() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return Finding.ok("glibc", "not needed here");
        }
        String advice =
                "Use a system with glibc 2.35 or newer: Debian 12, Ubuntu 22.04, Fedora 36 or later, not Alpine.";
        long version = Libc.tryCall(Function.GNU_GET_LIBC_VERSION);
        if (version < 0) {
            return Finding.fail("glibc", "another C library", advice);
        }
        String found = Libc.text(version);
        String[] parts = found.split("\\.");
        try {
            int number = 100 * Integer.parseInt(parts[0]) + Integer.parseInt(parts[1]);
            return number < LEAST_GLIBC
                    ? Finding.fail("glibc", found + " (expected: 2.35 or newer)", advice)
                    : Finding.ok("glibc", found);
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return Finding.warn("glibc", found + " (expected: 2.35 or newer)", advice);
        }
    }

    private static Finding natives() {
        try {
            new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST).close();
            return Finding.ok("decoders", "OpenCV and FFmpeg load");
        } catch (IllegalStateException | LinkageError e) {
            return Finding.fail(
                    "decoders",
                    String.valueOf(e.getMessage()),
                    "If a library is missing: libstdc++6 and libudev1 are needed beside glibc. If its folder is, unpack the"
                            + " archive again.");
        }
    }

    private static Finding av1() {
        try {
            Av1Decoder decoder = InProcessHasher.av1();
            return decoder.isDav1d()
                    ? Finding.ok("av1", decoder.toString())
                    : Finding.warn(
                            "av1",
                            decoder.toString(),
                            "AV1 and AVIF are decoded to the same pixels, two to three times slower, and fewer damaged files are"
                                    + " read. Install libdav1d: libdav1d7 on Debian 13, libdav1d6 on Debian 12.");
        } catch (IllegalStateException | LinkageError e) {
            return Finding.warn("av1", "not known, as the decoders do not load", "See decoders.");
        }
    }

    private static Finding png() {
        try {
            String failure = InProcessHasher.libdeflateFailure();
            return failure.isEmpty()
                    ? Finding.ok("png", "libdeflate")
                    : Finding.warn(
                            "png",
                            "zlib, without libdeflate: " + failure,
                            "PNGs are decoded to the same pixels, and slower. Install libdeflate: libdeflate0 on Debian and Ubuntu.");
        } catch (IllegalStateException | LinkageError e) {
            return Finding.warn("png", "not known, as the decoders do not load", "See decoders.");
        }
    }

    private static Finding lookups() {
        String form = Kernels.best().name();
        String failure = NativeKernels.failure();
        return form.startsWith("native") || !System.getProperty("os.arch", "").equals("amd64")
                ? Finding.ok("lookups", form)
                : Finding.warn(
                        "lookups",
                        form
                                + (failure.isEmpty()
                                        ? ", as -D" + Kernels.Best.PROPERTY + " says"
                                        : ": no native library: " + failure),
                        "They are right, and slower than by native code. Unpack the archive again, or build it where there is gcc"
                                + " or clang.");
    }

    /** Never a warning: they are right in each form, and the lookups' finding tells of a library that is missing. */
    private static Finding digests() {
        Digester.Form form = Digester.Form.best();
        String failure = Digester.Form.failure();
        return Finding.ok("digests", failure.isEmpty() ? form.toString() : form + ": " + failure);
    }

    private static Finding cache() {
        String advice =
                "Run `semblance train` once, as a user who can write beside the program; starts take longer until"
                        + " then.";
        String flag = ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith(CACHE_FLAG))
                .findFirst()
                .orElse("");
        if (flag.isEmpty()) {
            return Finding.warn("start cache", "none was named", "Start Semblance by bin/semblance.");
        }
        Path file = Path.of(flag.substring(CACHE_FLAG.length()));
        if (!Files.exists(file)) {
            return Finding.warn("start cache", file + ": not there", advice);
        }
        try {
            Path maps = Path.of("/proc/self/maps");
            boolean mapped = !Files.exists(maps)
                    || Files.readAllLines(maps).stream().anyMatch(line -> line.endsWith(file.toString()));
            return mapped
                    ? Finding.ok("start cache", String.format(Locale.ROOT, "%s, %,d bytes", file, Files.size(file)))
                    : Finding.warn("start cache", file + ": is of another JDK or build and not used", advice);
        } catch (IOException e) {
            return Finding.warn("start cache", file + ": cannot be read: " + e.getMessage(), advice);
        }
    }
}
