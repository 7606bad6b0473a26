package org.semblance.server.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.semblance.server.MatchServer;
import org.semblance.server.cli.database.BadInputException;
import org.semblance.server.cli.database.Contents;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.TlsFiles;
import org.semblance.server.tls.Identity;
import org.semblance.server.tls.Pinned;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A first try in one command: all it does goes over HTTP, as a client would do it. */
@Command(
        name = "quickstart",
        mixinStandardHelpOptions = true,
        description = "Starts a server, banks a photo, matches a smaller and coarser copy of it, and goes on serving.")
final class QuickstartCommand implements Callable<Integer> {
    private static final String OCTETS = "application/octet-stream";
    private static final String BANK = "QUICKSTART";
    private static final long SEED = 2017;
    private static final int CONFLICT = 409;

    @Parameters(arity = "0..1", paramLabel = "PHOTO", description = "A photo of yours (default: a drawn landscape).")
    private @Nullable Path photo;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        byte[] original = photo == null ? DemoPhoto.draw(SEED) : bytesOf(photo);
        ServerConfig config = ServerOptions.settings(spec).config();
        MatchServer server = ServerOptions.start(config);
        Path copy = writeCopy(original, config.dataFolder());
        String url = server.url();
        try (HttpClient client = client(config.tls())) {
            post(
                    client,
                    url + "/v1/banks",
                    "application/json",
                    ("{\"name\":\"" + BANK + "\"}").getBytes(StandardCharsets.UTF_8));
            post(client, url + "/v1/banks/" + BANK + "/content", OCTETS, original);
            post(client, url + "/v1/match", OCTETS, Files.readAllBytes(copy));
        }
        PrintWriter out = spec.commandLine().getOut();
        TlsFiles tls = config.tls();
        String trust = tls == null ? "" : "--cacert " + tls.certificate() + " ";
        out.println("\nTry it yourself:\n  curl " + trust + "--data-binary @" + copy + " " + url + "/v1/match");
        out.println("Ctrl-C stops the server.");
        out.flush();
        ServerOptions.serveUntilStopped();
        return Exit.DONE;
    }

    /** One that trusts the server's own certificate, whoever signed it and whatever it is of. */
    private static HttpClient client(@Nullable TlsFiles tls) {
        HttpClient.Builder builder = HttpClient.newBuilder();
        return (tls == null ? builder : builder.sslContext(Pinned.context(Identity.read(tls)))).build();
    }

    private static byte[] bytesOf(Path file) {
        ByteBuffer content = Contents.read(file);
        byte[] bytes = new byte[content.remaining()];
        content.get(bytes);
        return bytes;
    }

    /** What someone might upload: the photo made smaller and coarser, kept so that the user can send it as well. */
    private static Path writeCopy(byte[] original, Path folder) throws IOException {
        Path copy = folder.resolve("quickstart-copy.jpg");
        return Files.write(copy, DemoPhoto.copyOf(original).orElse(original));
    }

    private void post(HttpClient client, String url, String type, byte[] body)
            throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create(url))
                        .header("Content-Type", type)
                        .POST(BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofString());
        PrintWriter out = spec.commandLine().getOut();
        out.println("\nPOST " + url + "  (" + body.length + " bytes)\n" + answer.statusCode() + "  "
                + answer.body().strip());
        out.flush();
        // The bank of an earlier try is as good as a new one.
        if (answer.statusCode() >= 400 && answer.statusCode() != CONFLICT) {
            throw new BadInputException("the server refused: " + answer.body());
        }
    }
}
