package org.semblance.server.cli;

import java.io.Console;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** A progress bar on a terminal, nothing anywhere else. */
final class Progress implements AutoCloseable {
    private final @Nullable ProgressBar bar;

    private Progress(@Nullable ProgressBar bar) {
        this.bar = bar;
    }

    /** Progress through so many pieces of work; one piece alone needs no bar. */
    static Progress over(String task, long pieces) {
        return pieces > 1 ? start(task, pieces, "", 1) : new Progress(null);
    }

    /** Progress through so many bytes. */
    static Progress overBytes(String task, long bytes) {
        return start(task, bytes, " MB", 1_000_000);
    }

    private static Progress start(String task, long max, String unit, long unitSize) {
        Console console = System.console();
        if (console == null || !console.isTerminal()) {
            return new Progress(null);
        }
        return new Progress(new ProgressBarBuilder()
                .setTaskName(task.toLowerCase(Locale.ROOT))
                .setInitialMax(max)
                .setUnit(unit, unitSize)
                .build());
    }

    void step() {
        if (bar != null) {
            bar.step();
        }
    }

    void to(long done) {
        if (bar != null) {
            bar.stepTo(done);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
