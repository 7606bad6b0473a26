package org.semblance.server.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/** Sets the log up as a server is configured; {@link LogSetup} is what holds until then, and for the other verbs. */
public final class Logs {
    private static final String OURS = "org.semblance";
    static final String APPENDER = "stderr";

    private Logs() {}

    /** Logs from that level on and in that format, from now on. */
    public static void configure(LogLevel level, LogFormat format) {
        ILoggerFactory factory = LoggerFactory.getILoggerFactory();
        if (!(factory instanceof LoggerContext context)) {
            return;
        }
        context.getLogger(OURS).setLevel(Level.valueOf(level.name()));
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        if (level.ordinal() < LogLevel.INFO.ordinal()) {
            root.setLevel(Level.valueOf(level.name()));
        }
        if (format == LogFormat.JSON
                && root.getAppender(APPENDER) instanceof OutputStreamAppender<ILoggingEvent> appender) {
            JsonLines lines = new JsonLines();
            lines.setContext(context);
            lines.start();
            appender.setEncoder(lines);
        }
    }
}
