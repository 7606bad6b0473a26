package org.semblance.server.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.List;

/**
 * How it logs until {@link Logs} is told otherwise, and for the verbs beside the server: lines of text. Logback finds it as a
 * service; a file in XML that says the same takes a tenth of a second of each start.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
    /** By which a file replaces this, as Logback's manual has it. */
    private static final String FILE = "logback.configurationFile";

    private static final String PATTERN = "%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%replace( %kvp{NONE}){' $',''}%n";

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        if (System.getProperty(FILE) != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        RepeatFilter filter = new RepeatFilter();
        filter.setContext(context);
        filter.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName(Logs.APPENDER);
        // Standard output is for answers.
        appender.setTarget("System.err");
        appender.addFilter(filter);
        appender.setEncoder(encoder);
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.INFO);
        root.addAppender(appender);
        // Chronicle Map announces itself, and others tell what is of no use to whoever runs a server.
        for (String quiet : List.of("net.openhft", "io.netty")) {
            context.getLogger(quiet).setLevel(Level.WARN);
        }
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
