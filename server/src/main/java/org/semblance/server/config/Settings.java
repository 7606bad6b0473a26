package org.semblance.server.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The settings of a run, put together once from the command line, the environment, the file and the defaults, in this order. */
public final class Settings {
    /** Names the file in the environment. */
    public static final String FILE_VARIABLE = "SEMBLANCE_CONFIG";

    /** The launcher's. */
    private static final String JAVA_VARIABLE = "SEMBLANCE_JAVA_OPTS";

    private static final String DEFAULT = "default";

    private final ServerConfig config;
    private final Map<Setting<?>, String> origins;
    private final @Nullable Path file;

    private Settings(ServerConfig config, Map<Setting<?>, String> origins, @Nullable Path file) {
        this.config = config;
        this.origins = origins;
        this.file = file;
    }

    /**
     * Puts them together. Every source is checked whole, also where another wins.
     *
     * @param flags what the command line gives
     * @param environment all variables; those that are no key's are left alone, since orchestrators set such
     * @param file as the command line names it, or null: then the environment may, or it lies in the working folder
     * @throws ConfigRefusedException if anything is wrong, with a line for each thing that is
     */
    public static Settings resolve(
            Map<Setting<?>, String> flags, Map<String, String> environment, @Nullable Path file) {
        Map<Setting<?>, Object> values = new LinkedHashMap<>();
        Map<Setting<?>, String> origins = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        Path chosen = file != null ? file : fileOf(environment);
        if (chosen != null) {
            ConfigFile read = new ConfigFile(chosen);
            problems.addAll(read.problems());
            read.values().forEach((key, value) -> {
                values.put(key, value);
                origins.put(key, read.place(key.key()));
            });
        }
        for (Setting<?> key : Setting.all()) {
            String variable = environment.get(key.variable());
            if (variable != null) {
                take(key, variable, key.variable(), values, origins, problems);
            }
            String flag = flags.get(key);
            if (flag != null) {
                take(key, flag, key.flag(), values, origins, problems);
            }
        }
        if (!problems.isEmpty()) {
            throw new ConfigRefusedException(String.join("\n", problems), null);
        }
        try {
            return new Settings(new ServerConfig(values), origins, chosen);
        } catch (ConfigRefusedException e) {
            String origin = origins.get(e.key());
            throw origin == null ? e : e.at(origin);
        }
    }

    private static @Nullable Path fileOf(Map<String, String> environment) {
        String named = environment.get(FILE_VARIABLE);
        if (named != null && !named.isBlank()) {
            return Path.of(named);
        }
        Path here = Path.of(ConfigFile.NAME);
        return Files.exists(here) ? here : null;
    }

    private static void take(
            Setting<?> key,
            String text,
            String origin,
            Map<Setting<?>, Object> values,
            Map<Setting<?>, String> origins,
            List<String> problems) {
        try {
            values.put(key, key.parse(text));
            origins.put(key, origin);
        } catch (ConfigRefusedException e) {
            problems.add(String.valueOf(e.at(origin).getMessage()));
        }
    }

    /** What a server is started with. */
    public ServerConfig config() {
        return config;
    }

    /** The file that was read; null if there was none. */
    public @Nullable Path file() {
        return file;
    }

    /** Where the value of that key is from: a flag, a variable, a place in a file, or {@code default}. */
    public String origin(Setting<?> key) {
        return origins.getOrDefault(key, DEFAULT);
    }

    /**
     * Variables that look like settings and are none, each with what it may have been meant to be. Those that Kubernetes sets
     * for a service named semblance are left out.
     */
    public static List<String> unknownVariables(Map<String, String> environment) {
        List<String> unknown = new ArrayList<>();
        environment.keySet().stream().sorted().forEach(name -> {
            boolean known =
                    Setting.all().stream().anyMatch(key -> key.variable().equals(name))
                            || name.equals(FILE_VARIABLE)
                            || name.equals(JAVA_VARIABLE)
                            || name.startsWith("SEMBLANCE_SERVICE_")
                            || name.startsWith("SEMBLANCE_PORT_");
            if (name.startsWith(Setting.ENVIRONMENT) && !known) {
                Setting<?> nearest = Setting.nearest(
                        name.substring(Setting.ENVIRONMENT.length()).toLowerCase(Locale.ROOT));
                unknown.add(name + (nearest == null ? "" : " (did you mean " + nearest.variable() + "?)"));
            }
        });
        return unknown;
    }

    /** A file with every key, what it does, and its default. */
    public static String annotatedFile() {
        return ConfigFile.annotated();
    }
}
