package org.semblance.server.cli;

import java.util.concurrent.Callable;
import org.semblance.server.MatchServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = "Starts the server, which answers over HTTP until it is stopped.")
final class ServeCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        MatchServer server = ServerOptions.start(ServerOptions.settings(spec).config());
        spec.commandLine().getOut().println("Semblance answers on " + server.url());
        spec.commandLine().getOut().flush();
        ServerOptions.serveUntilStopped();
        return Exit.DONE;
    }
}
