package org.semblance.server.console;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The files of the console, as they lie in the jar, and its one page. All file names have the version of the whole in their path,
 * so that browsers keep the files for good. Immutable.
 */
final class ConsoleFiles {
    /** Beside this class in the jar. */
    private static final String FOLDER = "web";

    private static final String PAGE = "index.html";

    /** What the modules call the libraries. */
    private static final Map<String, String> IMPORTS = new TreeMap<>(Map.of(
            "htm", "lib/htm.module.js",
            "preact", "lib/preact.module.js",
            "preact/hooks", "lib/hooks.module.js",
            "uplot", "lib/uPlot.esm.js"));

    /** What is loaded only when a screen needs it. */
    private static final Set<String> LATER = Set.of("lib/uPlot.esm.js");

    /**
     * A file.
     *
     * @param gzip the compressed bytes
     */
    record Asset(String mediaType, byte[] bytes, byte[] gzip) {}

    private final Map<String, Asset> assets = new TreeMap<>();
    private final String version;
    private final Asset page;
    private final String importMapSha256;

    /** Reads the files. */
    static ConsoleFiles load() {
        try {
            return new ConsoleFiles(read());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ConsoleFiles(Map<String, byte[]> files) {
        byte[] template = files.remove(PAGE);
        if (template == null) {
            throw new IllegalStateException("no " + PAGE + " of the console in the jar");
        }
        MessageDigest all = sha256();
        files.forEach((name, bytes) -> {
            all.update(name.getBytes(StandardCharsets.UTF_8));
            all.update(bytes);
            assets.put(name, asset(mediaType(name), bytes));
        });
        version = HexFormat.of().formatHex(all.digest(template), 0, 8);
        String base = "/console/" + version + "/";
        String imports = IMPORTS.entrySet().stream()
                .map(entry -> "\"" + entry.getKey() + "\":\"" + base + entry.getValue() + "\"")
                .collect(Collectors.joining(",", "{\"imports\":{", "}}"));
        importMapSha256 = Base64.getEncoder().encodeToString(sha256().digest(imports.getBytes(StandardCharsets.UTF_8)));
        String preloads = files.keySet().stream()
                .filter(name -> name.endsWith(".js") && !name.startsWith("pages/") && !LATER.contains(name))
                .map(name -> "<link rel=\"modulepreload\" href=\"" + base + name + "\">")
                .collect(Collectors.joining("\n"));
        String text = new String(template, StandardCharsets.UTF_8)
                .replace("{{base}}", base)
                .replace("{{imports}}", imports)
                .replace("{{preloads}}", preloads);
        page = asset("text/html; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    /** The page. */
    Asset page() {
        return page;
    }

    /** Changes if any file does. */
    String version() {
        return version;
    }

    /** Base64, of the one script that is within the page. */
    String importMapSha256() {
        return importMapSha256;
    }

    /** The file of that name, with a slash between folder and file; null if there is none. */
    @Nullable
    Asset asset(String name) {
        return assets.get(name);
    }

    private static Asset asset(String mediaType, byte[] bytes) {
        return new Asset(mediaType, bytes, gzip(bytes));
    }

    private static String mediaType(String name) {
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "js" -> "text/javascript; charset=utf-8";
            case "css" -> "text/css; charset=utf-8";
            case "svg" -> "image/svg+xml";
            default -> throw new IllegalStateException("no media type for " + name);
        };
    }

    /** All files by name. */
    private static Map<String, byte[]> read() throws IOException {
        URL folder = ConsoleFiles.class.getResource(FOLDER);
        if (folder == null) {
            throw new IllegalStateException("the console is not in the jar");
        }
        try {
            URI uri = folder.toURI();
            if (!uri.getScheme().equals("jar")) {
                return read(Path.of(uri));
            }
            try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                return read(jar.provider().getPath(uri));
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, byte[]> read(Path folder) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                try (InputStream in = Files.newInputStream(file)) {
                    files.put(folder.relativize(file).toString().replace('\\', '/'), in.readAllBytes());
                }
            }
        }
        return files;
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out) {
            {
                def.setLevel(Deflater.BEST_COMPRESSION);
            }
        }) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
