package org.semblance.server.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.doctor.Doctor;
import org.semblance.server.doctor.Finding;
import org.semblance.server.doctor.Finding.Grade;
import org.semblance.server.json.ReportJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description =
                "Checks the JDK, the decoders, the machine and what the settings point at, and says what to do. Exit"
                        + " code 4 if a server would not work.")
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        ServerConfig config = ServerOptions.settings(spec).config();
        List<Finding> findings = Doctor.examine(config, System.getenv());
        Grade worst =
                findings.stream().map(Finding::grade).max(Grade::compareTo).orElse(Grade.OK);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(json(findings, worst));
        } else {
            findings.forEach(finding -> print(out, finding));
        }
        out.flush();
        return worst == Grade.FAIL ? Exit.REFUSED : Exit.DONE;
    }

    private static void print(PrintWriter out, Finding finding) {
        out.printf("%-4s  %-12s  %s%n", word(finding.grade()), finding.check(), finding.detail());
        if (!finding.advice().isEmpty()) {
            out.printf("                    %s%n", finding.advice());
        }
    }

    private static ObjectNode json(List<Finding> findings, Grade worst) {
        ObjectNode answer = ReportJson.MAPPER.createObjectNode().put("status", word(worst));
        ArrayNode checks = answer.putArray("checks");
        for (Finding finding : findings) {
            ObjectNode check = checks.addObject()
                    .put("check", finding.check())
                    .put("status", word(finding.grade()))
                    .put("detail", finding.detail());
            if (!finding.advice().isEmpty()) {
                check.put("advice", finding.advice());
            }
        }
        return answer;
    }

    private static String word(Grade grade) {
        return grade.name().toLowerCase(Locale.ROOT);
    }
}
