package org.semblance.bench.browser;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * Headless Chromium as an oracle of what people see. Each file is an image element of a page on loopback, on white, and what
 * counts is a picture of the page itself: of a damaged file a page may show more than scripts are given.
 */
final class Chromium {
    /** Where Debian has it. */
    static final String USUAL_PROGRAM = "/usr/bin/chromium";

    private static final int COLUMNS = 6;
    private static final int ROWS = 6;
    private static final long PATIENCE_SECONDS = 120;
    private static final String ANSWER = "seen:";

    private final Path program;
    private final int width;
    private final int height;

    /**
     * @param program Chromium's path
     * @param width of the cell in which a file is shown at its own size, in pixels
     * @param height of that cell
     */
    Chromium(Path program, int width, int height) {
        this.program = program;
        this.width = width;
        this.height = height;
    }

    /**
     * Draws each file.
     *
     * @return a picture of each file's cell, in the order of the files
     * @throws IOException if Chromium does not start, or draws nothing
     */
    List<BufferedImage> draw(List<byte[]> files) throws IOException, InterruptedException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/page/", exchange -> answer(exchange, "text/html", page(number(exchange), files.size())));
        server.createContext("/file/", exchange -> answer(exchange, "", files.get(number(exchange))));
        server.start();
        Path folder = Files.createTempDirectory("semblance-chromium");
        try {
            List<BufferedImage> drawn = new ArrayList<>();
            int cells = COLUMNS * ROWS;
            for (int from = 0; from < files.size(); from += cells) {
                BufferedImage page = screenshot(folder, server.getAddress().getPort(), from);
                for (int i = 0; i < Math.min(cells, files.size() - from); i++) {
                    drawn.add(page.getSubimage(i % COLUMNS * width, i / COLUMNS * height, width, height));
                }
            }
            return drawn;
        } finally {
            server.stop(0);
            delete(folder);
        }
    }

    /**
     * Whether it shows anything of each file: a picture of which at least one pixel is not transparent.
     *
     * @throws IOException if Chromium does not start, or says nothing
     */
    List<Boolean> shows(List<byte[]> files) throws IOException, InterruptedException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/page/", exchange -> answer(exchange, "text/html", question(files.size())));
        server.createContext("/file/", exchange -> answer(exchange, "", files.get(number(exchange))));
        server.start();
        Path folder = Files.createTempDirectory("semblance-chromium");
        try {
            Path dom = folder.resolve("dom");
            run(
                    folder,
                    dom,
                    "--dump-dom",
                    "http://127.0.0.1:" + server.getAddress().getPort() + "/page/0");
            String text = Files.readString(dom, StandardCharsets.UTF_8);
            int at = text.indexOf(ANSWER);
            if (at < 0) {
                throw new IOException("Chromium said nothing: " + text);
            }
            String answer = text.substring(at + ANSWER.length(), at + ANSWER.length() + files.size());
            return answer.chars().mapToObj(c -> c == '1').toList();
        } finally {
            server.stop(0);
            delete(folder);
        }
    }

    /** A page that says for each picture, once all have come or failed, whether there is anything to see. */
    private static byte[] question(int files) {
        return """
                <!doctype html><body><script>
                let seen = '';
                onload = () => {
                  for (const image of document.images) {
                    let shown = 0;
                    if (image.naturalWidth > 0) {
                      const canvas = document.createElement('canvas');
                      canvas.width = canvas.height = 64;
                      const context = canvas.getContext('2d');
                      try {
                        context.drawImage(image, 0, 0, 64, 64);
                        const pixels = context.getImageData(0, 0, 64, 64).data;
                        for (let i = 3; i < pixels.length; i += 4) shown |= pixels[i] > 0 ? 1 : 0;
                      } catch (e) { }
                    }
                    seen += shown;
                  }
                  document.body.textContent = '%s' + seen;
                };
                for (let i = 0; i < %d; i++) document.write('<img src="/file/' + i + '">');
                </script>
                """.formatted(ANSWER, files).getBytes(StandardCharsets.UTF_8);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    private static int number(HttpExchange exchange) {
        String path = exchange.getRequestURI().getPath();
        return Integer.parseInt(path.substring(path.lastIndexOf('/') + 1));
    }

    private byte[] page(int from, int files) {
        StringBuilder html = new StringBuilder("<!doctype html><body style=\"margin:0;background:#fff\">");
        for (int i = 0; i < Math.min(COLUMNS * ROWS, files - from); i++) {
            html.append("<div style=\"position:absolute;overflow:hidden;left:")
                    .append(i % COLUMNS * width)
                    .append("px;top:")
                    .append(i / COLUMNS * height)
                    .append("px;width:")
                    .append(width)
                    .append("px;height:")
                    .append(height)
                    .append("px\"><img src=\"/file/")
                    .append(from + i)
                    .append("\"></div>");
        }
        return html.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void answer(HttpExchange exchange, String type, byte[] body) throws IOException {
        try (exchange) {
            if (!type.isEmpty()) {
                exchange.getResponseHeaders().set("Content-Type", type);
            }
            exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private BufferedImage screenshot(Path folder, int port, int from) throws IOException, InterruptedException {
        Path picture = folder.resolve("page.png");
        Files.deleteIfExists(picture);
        run(
                folder,
                folder.resolve("log"),
                "--window-size=" + COLUMNS * width + "," + ROWS * height,
                "--screenshot=" + picture,
                "http://127.0.0.1:" + port + "/page/" + from);
        if (!Files.exists(picture)) {
            throw new IOException("Chromium drew nothing: " + Files.readString(folder.resolve("log")));
        }
        return ImageIO.read(new ByteArrayInputStream(Files.readAllBytes(picture)));
    }

    private void run(Path folder, Path output, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                program.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--force-device-scale-factor=1",
                "--user-data-dir=" + folder.resolve("profile")));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LANG", "C.UTF-8");
        builder.environment().put("TMPDIR", folder.toString()); // where it leaves a folder
        builder.redirectError(ProcessBuilder.Redirect.DISCARD).redirectOutput(output.toFile());
        Process process = builder.start();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("Chromium did not end within " + PATIENCE_SECONDS + " s");
        }
    }
}
