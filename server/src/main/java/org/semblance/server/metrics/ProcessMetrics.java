package org.semblance.server.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.logging.LogbackMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What the virtual machine and the system tell of the process. */
final class ProcessMetrics implements AutoCloseable {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";

    private final JvmGcMetrics pauses = new JvmGcMetrics();
    private final LogbackMetrics logged = new LogbackMetrics();

    /** Kept here because a registry refers to what it asks weakly. */
    private final @Nullable Safepoints safepoints = Safepoints.find();

    ProcessMetrics(MeterRegistry registry) {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        pauses.bindTo(registry);
        logged.bindTo(registry);
        Gauge.builder("process.resident.memory.bytes", ProcessMetrics::residentBytes)
                .description("Resident memory of the process")
                .register(registry);
        Safepoints stops = safepoints;
        if (stops != null) {
            FunctionCounter.builder("jvm.safepoints", stops, s -> s.value(s.count))
                    .description("Times that all threads were stopped, for garbage collection or otherwise")
                    .register(registry);
            FunctionCounter.builder("jvm.safepoint.seconds", stops, s -> s.value(s.totalMs) / 1e3)
                    .description("Time for which they were stopped")
                    .register(registry);
            FunctionCounter.builder("jvm.safepoint.sync.seconds", stops, s -> s.value(s.syncMs) / 1e3)
                    .description("Of it, time until the last one had stopped")
                    .register(registry);
        }
    }

    /** Linux tells; elsewhere the gauge has no value. */
    private static Number residentBytes() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(RESIDENT)) {
                    String kilobytes =
                            line.substring(RESIDENT.length()).replace("kB", "").strip();
                    return Long.parseLong(kilobytes) * 1_024;
                }
            }
        } catch (IOException | NumberFormatException e) {
            // As if there were no such file.
        }
        return Double.NaN;
    }

    @Override
    public void close() {
        pauses.close();
        logged.close();
    }

    /**
     * What HotSpot counts of its safepoints, which no public bean tells; the package is exported to us by a flag of every
     * run ({@code jvm.flags} in the root pom).
     */
    private static final class Safepoints {
        private final Object bean;
        private final MethodHandle count;
        private final MethodHandle totalMs;
        private final MethodHandle syncMs;

        private Safepoints(Object bean, MethodHandle count, MethodHandle totalMs, MethodHandle syncMs) {
            this.bean = bean;
            this.count = count;
            this.totalMs = totalMs;
            this.syncMs = syncMs;
        }

        /** Null where the flag is missing or the virtual machine is another. */
        static @Nullable Safepoints find() {
            try {
                Class<?> type = Class.forName("sun.management.HotspotRuntimeMBean");
                Object bean = Class.forName("sun.management.ManagementFactoryHelper")
                        .getMethod("getHotspotRuntimeMBean")
                        .invoke(null);
                MethodHandles.Lookup lookup = MethodHandles.lookup();
                MethodType number = MethodType.methodType(long.class);
                return new Safepoints(
                        bean,
                        lookup.findVirtual(type, "getSafepointCount", number),
                        lookup.findVirtual(type, "getTotalSafepointTime", number),
                        lookup.findVirtual(type, "getSafepointSyncTime", number));
            } catch (ReflectiveOperationException e) {
                return null;
            }
        }

        double value(MethodHandle method) {
            try {
                return (double) (long) method.invoke(bean);
            } catch (Throwable e) {
                return Double.NaN;
            }
        }
    }
}
