package org.semblance.engine.media.internal;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.libc.Libc;
import org.semblance.hashdb.libc.Libc.Function;

/**
 * Loads the native decoders, once, and keeps them quiet: a decoder that writes a line about each damaged file hands its
 * log to whoever sends damaged files.
 *
 * <p>Where they lie flat in a folder of {@code java.library.path}, as the build lays them out for the launcher, they are
 * loaded from there, without a search and without a file being written: 0.2 s instead of 0.5, and 1.1 where JavaCPP has to
 * unpack its jars first, as it does in tests and on other platforms.
 */
public final class Natives {
    private static final String CACHE_PROPERTY = "org.bytedeco.javacpp.cachedir";
    private static final String MEMORY_PROPERTY = "org.bytedeco.javacpp.maxPhysicalBytes";
    private static final String FOLDERS_PROPERTY = "semblance.natives.folders";
    private static final String LIBRARY_PATH_PROPERTY = "java.library.path";
    private static final String LOAD_PROPERTY = "org.bytedeco.javacpp.loadlibraries";

    /**
     * The files of Linux on x86-64, each after those it needs. Their names carry the versions that the root pom pins, and
     * {@code server/pom.xml} copies the same.
     */
    private static final List<String> FLAT = List.of(
            "libjnijavacpp.so",
            "libgcc_s.so.1",
            "libquadmath.so.0",
            "libgfortran.so.5",
            "libopenblas.so.0",
            "libopencv_core.so.414",
            "libopencv_imgproc.so.414",
            "libopencv_imgcodecs.so.414",
            "libjniopencv_core.so",
            "libjniopencv_imgproc.so",
            "libjniopencv_imgcodecs.so",
            "libdrm.so.2",
            "libva.so.2",
            "libva-drm.so.2",
            "libavutil.so.60",
            "libswresample.so.6",
            "libswscale.so.9",
            "libavcodec.so.62",
            "libavformat.so.62",
            "libjniavutil.so",
            "libjniswresample.so",
            "libjniswscale.so",
            "libjniavcodec.so",
            "libjniavformat.so");

    /** {@code cv::utils::logging::setLogLevel(LogLevel)}, for which the Java binding has no method. */
    private static final String OPENCV_SET_LOG_LEVEL = "_ZN2cv5utils7logging11setLogLevelENS1_8LogLevelE";

    private static final int OPENCV_LOG_LEVEL_SILENT = 0;

    /** Of each library a class that is small, since this loads it. */
    private static final List<Class<?>> LIBRARIES = List.of(
            Loader.class,
            org.bytedeco.openblas.presets.openblas_nolapack.class,
            org.bytedeco.opencv.presets.opencv_core.class,
            org.bytedeco.ffmpeg.presets.avutil.class);

    /** Each needs those before it. */
    private static final List<String> UNPACKED = List.of(
            "jnijavacpp",
            "jniopencv_core",
            "jniopencv_imgproc",
            "jniopencv_imgcodecs",
            "jniavutil",
            "jniswscale",
            "jniavcodec",
            "jniavformat");

    private static @Nullable Path flat;
    private static @Nullable Throwable failure;
    private static boolean loaded;

    private Natives() {}

    /**
     * Returns once the decoders are loaded.
     *
     * @throws IllegalStateException if they cannot be, now or in an earlier call; the message says from where
     */
    public static synchronized void load() {
        if (failure == null && !loaded) {
            try {
                loadAll();
                loaded = true;
            } catch (IOException | LinkageError | RuntimeException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw new IllegalStateException(
                    "native decoders cannot be loaded for " + System.getProperty("os.name") + " "
                            + System.getProperty("os.arch") + " from the folder "
                            + (flat == null ? System.getProperty(CACHE_PROPERTY) : flat) + ": " + failure,
                    failure);
        }
    }

    /**
     * How another process of this program loads the same libraries from the same folder.
     *
     * @param properties for its virtual machine; the bounds on memory are left to its own limits
     * @param libraryPath folders where libraries find each other; empty if they were not unpacked yet
     * @param jars that it needs on its class path
     */
    public record Setup(Map<String, String> properties, String libraryPath, Set<Path> jars) {}

    /**
     * The setup of another process.
     *
     * @throws UncheckedIOException if there is no folder for the libraries, and none can be made
     */
    public static synchronized Setup setup() {
        Path lieFlat = flatFolder();
        if (lieFlat != null) {
            Set<Path> jars = new LinkedHashSet<>();
            LIBRARIES.forEach(library -> jars.add(jar(library, classFile(library))));
            return new Setup(Map.of(LIBRARY_PATH_PROPERTY, lieFlat.toString(), MEMORY_PROPERTY, "0"), "", jars);
        }
        try {
            chooseFolder();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> properties = new HashMap<>();
        properties.put(CACHE_PROPERTY, System.getProperty(CACHE_PROPERTY));
        properties.put(MEMORY_PROPERTY, "0");
        Set<Path> jars = new LinkedHashSet<>();
        List<String> folders = new ArrayList<>();
        for (Class<?> library : LIBRARIES) {
            String name = library.getName().split("\\.", 4)[2];
            jars.add(jar(library, classFile(library)));
            String within = "org/bytedeco/" + name + "/" + Loader.getPlatform() + "/";
            Path jar = jar(library, "/" + within);
            jars.add(jar);
            Path folder = Path.of(
                    System.getProperty(CACHE_PROPERTY), jar.getFileName().toString(), within);
            if (Files.isDirectory(folder)) {
                folders.add(folder.toString());
            }
        }
        String path = folders.size() == LIBRARIES.size() ? String.join(File.pathSeparator, folders) : "";
        properties.put(FOLDERS_PROPERTY, path);
        return new Setup(properties, path, jars);
    }

    private static String classFile(Class<?> type) {
        return "/" + type.getName().replace('.', '/') + ".class";
    }

    private static Path jar(Class<?> library, String resource) {
        URL url = library.getResource(resource);
        try {
            if (url != null && url.openConnection() instanceof JarURLConnection connection) {
                return Path.of(connection.getJarFileURL().toURI());
            }
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException(url + ": no jar", e);
        }
        throw new IllegalStateException(resource + " is in no jar of the class path");
    }

    private static void loadAll() throws IOException {
        flat = flatFolder();
        if (flat == null) {
            if (!loadUnpacked(System.getProperty(FOLDERS_PROPERTY, ""))) {
                unpackAndLoad();
            }
            // What is not loaded by now is not needed, and need not be looked for whenever one more class is.
            System.setProperty(LOAD_PROPERTY, "false");
        } else {
            // From now on, since each class of the bindings would look for its own library when it is used first.
            System.setProperty(LOAD_PROPERTY, "false");
            for (String library : FLAT) {
                System.load(flat.resolve(library).toString());
            }
        }
        // One worker is one thread; more decodes at a time are more workers.
        opencv_core.setNumThreads(1);
        avutil.av_log_set_level(avutil.AV_LOG_QUIET);
        silenceOpencv();
        silenceStandardError();
    }

    /** The folder in which all of them lie, if there is one. */
    private static @Nullable Path flatFolder() {
        for (String entry : System.getProperty(LIBRARY_PATH_PROPERTY, "").split(File.pathSeparator)) {
            if (!entry.isEmpty()) {
                Path folder = Path.of(entry).toAbsolutePath();
                if (FLAT.stream().allMatch(library -> Files.exists(folder.resolve(library)))) {
                    return folder;
                }
            }
        }
        return null;
    }

    private static void unpackAndLoad() throws IOException {
        chooseFolder();
        acceptOpenblasVersion();
        Loader.load(opencv_core.class);
        Loader.load(opencv_imgproc.class);
        Loader.load(opencv_imgcodecs.class);
        Loader.load(avutil.class);
        Loader.load(swscale.class);
        Loader.load(avcodec.class);
        Loader.load(avformat.class);
    }

    private static void chooseFolder() throws IOException {
        if (System.getProperty(CACHE_PROPERTY) == null) {
            System.setProperty(CACHE_PROPERTY, cacheFolder().toString());
        }
    }

    /**
     * Loads what JavaCPP has unpacked in another process, without its search through all jars for each library and each of
     * those that one needs: these find each other, as this process was started with their folders in the system's path for
     * libraries. It takes less than half of the time.
     *
     * @param folders one behind the other, or empty
     * @return false if that did not do
     */
    private static boolean loadUnpacked(String folders) {
        if (folders.isEmpty()) {
            return false;
        }
        System.setProperty(LOAD_PROPERTY, "false");
        try {
            for (String library : UNPACKED) {
                System.load(find(library, folders).toString());
            }
            return true;
        } catch (LinkageError | IOException e) {
            System.clearProperty(LOAD_PROPERTY);
            return false;
        }
    }

    private static Path find(String library, String folders) throws IOException {
        for (String folder : folders.split(File.pathSeparator)) {
            Path file = Path.of(folder, System.mapLibraryName(library));
            if (Files.exists(file)) {
                return file;
            }
        }
        throw new FileNotFoundException(library + " is in none of " + folders);
    }

    /**
     * Where the libraries are unpacked, 180 MB the first time. Whoever can write there runs code as us, so it must be a
     * folder of ours alone; JavaCPP's own last resort is a path in the shared temporary folder that anyone can foresee.
     */
    private static Path cacheFolder() throws IOException {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg != null && Path.of(xdg).isAbsolute()
                ? Path.of(xdg)
                : Path.of(System.getProperty("user.home"), ".cache");
        Path folder = base.resolve("semblance").resolve("natives");
        try {
            Files.createDirectories(base.resolve("semblance"));
            if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                createPrivate(folder);
            }
            if (isPrivate(folder)) {
                return folder;
            }
        } catch (IOException e) {
            // A read-only home, as in many containers: unpacking anew at each start still works.
            return Files.createTempDirectory("semblance-natives");
        }
        return Files.createTempDirectory("semblance-natives");
    }

    private static void createPrivate(Path folder) throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectory(folder);
        }
    }

    private static boolean isPrivate(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) || !Files.isWritable(folder)) {
            return false;
        }
        if (!folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return true;
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
        return !permissions.contains(PosixFilePermission.GROUP_WRITE)
                && !permissions.contains(PosixFilePermission.OTHERS_WRITE);
    }

    /**
     * Lets the binding of OpenBLAS see that its version is not JavaCPP's. The root pom pins the pair, so the warning it
     * would print at each start says nothing; it does not print it to a process that loads no libraries.
     */
    private static void acceptOpenblasVersion() {
        String before = System.getProperty(LOAD_PROPERTY);
        System.setProperty(LOAD_PROPERTY, "false");
        try {
            Class.forName("org.bytedeco.openblas.presets.openblas_nolapack");
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("openblas is not on the class path, and OpenCV needs it", e);
        } finally {
            if (before == null) {
                System.clearProperty(LOAD_PROPERTY);
            } else {
                System.setProperty(LOAD_PROPERTY, before);
            }
        }
    }

    private static void silenceOpencv() {
        MemorySegment function =
                SymbolLookup.loaderLookup().find(OPENCV_SET_LOG_LEVEL).orElse(null);
        if (function != null) {
            try {
                Linker.nativeLinker()
                        .downcallHandle(function, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                        .invokeWithArguments(OPENCV_LOG_LEVEL_SILENT);
            } catch (Throwable e) {
                throw new IllegalStateException("the log level of OpenCV cannot be set", e);
            }
        }
    }

    /**
     * Points C's {@code stderr} at the null device, on Linux. libjpeg and libpng print to it, and OpenCV gives no way to
     * tell them not to. The virtual machine does not use that variable: {@code System.err} and crash reports write to
     * the descriptor.
     */
    private static void silenceStandardError() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return;
        }
        MemorySegment variable = Libc.find("stderr");
        if (variable == null) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            long nowhere = Libc.tryCall(
                    Function.FOPEN,
                    arena.allocateFrom("/dev/null").address(),
                    arena.allocateFrom("w").address());
            if (nowhere > 0) {
                variable.reinterpret(Long.BYTES).set(ValueLayout.JAVA_LONG, 0, nowhere);
            }
        }
    }
}
