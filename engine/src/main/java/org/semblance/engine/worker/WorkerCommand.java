package org.semblance.engine.worker;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.media.internal.HostLibraries;
import org.semblance.engine.media.internal.Natives;
import org.semblance.hashdb.hash.Hash256;

/** The command that starts a worker process: the virtual machine of this one, with as little as it needs. */
final class WorkerCommand {
    private static final String LIBRARY_PATH = "LD_LIBRARY_PATH";
    private static final String ARCHIVE = "-XX:SharedArchiveFile=";

    private WorkerCommand() {}

    /**
     * The command of one.
     *
     * @param name under which the server listens
     * @param libraries those of the host that the worker may use
     */
    static ProcessBuilder of(WorkerSettings settings, String name, HostLibraries libraries) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-Xmx" + (settings.heapBytes() >> 20) + "m",
                // The heap grows if it must, and gives back what it does not need.
                "-Xms32m",
                "-Xmn16m",
                "-XX:MaxHeapFreeRatio=40",
                "-XX:+UseSerialGC",
                // One thread decodes; the collector and the compilers need no more than one each.
                "-XX:ActiveProcessorCount=1",
                // The loops over pixels are native code, and what is around them is soon as fast as it has to be.
                "-XX:TieredStopAtLevel=1",
                // In its sandbox no thread can be started.
                "-XX:-UseDynamicNumberOfCompilerThreads",
                "-XX:ReservedCodeCacheSize=64m",
                "-XX:CompressedClassSpaceSize=64m",
                // Nothing that opens files later on, or listens to others.
                "-XX:-UseContainerSupport",
                "-XX:-UsePerfData",
                "-XX:+DisableAttachMechanism",
                "-Xrs",
                // What a hostile file does to a decoder is no reason to fill the disk.
                "-XX:+SuppressFatalErrorMessage",
                "-XX:-CreateCoredumpOnCrash",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dfile.encoding=UTF-8"));
        Natives.Setup natives = Natives.setup();
        natives.properties().forEach((property, value) -> command.add("-D" + property + "=" + value));
        command.addAll(libraries.options());
        Path archive = archive().orElse(null);
        if (archive == null) {
            command.addAll(List.of("-cp", classPath(settings, natives)));
        } else {
            command.addAll(List.of(ARCHIVE + archive, "-Xlog:cds=off", "-Xlog:cds+dynamic=off", "-Xlog:aot=off"));
            command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        }
        command.add(settings.main().getName());
        command.addAll(new DecodeWorker.Setup(
                        name, settings.sandbox(), settings.nice(), settings.limits(), settings.memoryBytes())
                .arguments());
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true);
        // A worker gets no secret that lies in the environment, and no options that are meant for another program.
        Map<String, String> environment = builder.environment();
        environment.keySet().retainAll(Set.of("LANG", "LC_ALL", LIBRARY_PATH));
        environment.merge(LIBRARY_PATH, natives.libraryPath(), (before, own) -> own + File.pathSeparator + before);
        environment.put("MALLOC_ARENA_MAX", "2");
        environment.put("OPENBLAS_NUM_THREADS", "1");
        environment.put(
                "OPENCV_IO_MAX_IMAGE_PIXELS", Long.toString(settings.limits().maxPixels()));
        return builder;
    }

    /**
     * The archive of classes with which this process was started, if there is one. A worker begins sooner with it, and shares its
     * memory; but an archive is of one class path, which the worker then has to have, in a folder of its own.
     */
    private static Optional<Path> archive() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                        .allMatch(entry -> Path.of(entry).isAbsolute())
                ? ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                        .filter(option -> option.startsWith(ARCHIVE))
                        .map(option -> Path.of(option.substring(ARCHIVE.length())))
                        .filter(file -> file.isAbsolute() && Files.exists(file))
                        .findFirst()
                : Optional.empty();
    }

    /** Only what a worker needs: each jar that it does not have is one that needs not be opened. */
    private static String classPath(WorkerSettings settings, Natives.Setup natives) {
        Set<String> entries = new LinkedHashSet<>();
        for (Class<?> type : List.of(settings.main(), InProcessHasher.class, Hash256.class)) {
            try {
                entries.add(Path.of(type.getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toURI())
                        .toString());
            } catch (URISyntaxException e) {
                throw new IllegalStateException(e);
            }
        }
        natives.jars().forEach(jar -> entries.add(jar.toString()));
        return String.join(File.pathSeparator, entries);
    }
}
