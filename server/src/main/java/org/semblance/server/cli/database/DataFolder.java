package org.semblance.server.cli.database;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DatabaseFolder;
import org.semblance.hashdb.SharedCatalog;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.config.Settings;
import picocli.CommandLine.Option;

/** The folder of the database that a server would use. */
public final class DataFolder {
    @Option(
            names = "--data",
            paramLabel = "PATH",
            description =
                    "Folder of the database, created if missing (default: the folder that the settings name, or data).")
    private @Nullable String folder;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "Settings file that names the folder (default: $$SEMBLANCE_CONFIG, or semblance.toml in the working folder).")
    private @Nullable Path file;

    @Option(
            names = "--catalog",
            paramLabel = "URL",
            description =
                    "Database of PostgreSQL that the node of the folder shares with others (default: what the settings"
                            + " name).")
    private @Nullable String catalog;

    public Path path() {
        if (folder != null && file == null) {
            return Path.of(folder);
        }
        return config().dataFolder();
    }

    /** The catalog that the node of the folder shares with others; null if the folder has its own. */
    public @Nullable SharedCatalog catalog() {
        boolean unasked = catalog == null
                && folder != null
                && file == null
                && !DatabaseFolder.isNode(Path.of(folder))
                && !System.getenv().containsKey(Setting.CATALOG.variable());
        return unasked ? null : config().catalog();
    }

    private ServerConfig config() {
        Map<Setting<?>, String> flags = new HashMap<>();
        if (folder != null) {
            flags.put(Setting.DATA, folder);
        }
        if (catalog != null) {
            flags.put(Setting.CATALOG, catalog);
        }
        return Settings.resolve(flags, System.getenv(), file).config();
    }
}
