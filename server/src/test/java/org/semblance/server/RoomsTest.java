package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Packages and circles of classes stay so small that a reader can hold one in mind. */
@AnalyzeClasses(packages = "org.semblance", importOptions = ImportOption.DoNotIncludeTests.class)
class RoomsTest {
    private static final int MOST_IN_A_CIRCLE = 8;
    private static final int LINES_OF_A_PACKAGE = 3_000;

    @ArchTest
    static void noCircleOfClassesIsLarge(JavaClasses classes) {
        Map<String, Set<String>> uses = new TreeMap<>();
        for (JavaClass user : classes) {
            Set<String> used = uses.computeIfAbsent(outermost(user), unused -> new TreeSet<>());
            for (Dependency dependency : user.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                if (target.getPackageName().startsWith("org.semblance")) {
                    used.add(outermost(target));
                }
            }
        }
        assertThat(circles(uses)).allSatisfy(circle -> assertThat(circle).hasSizeLessThanOrEqualTo(MOST_IN_A_CIRCLE));
    }

    @Test
    void aCircleIsFoundAndAStringOfClassesIsNone() {
        assertThat(circles(Map.of(
                        "A", Set.of("B"),
                        "B", Set.of("C", "D"),
                        "C", Set.of("A"),
                        "D", Set.of("E"),
                        "E", Set.of("E"))))
                .containsExactlyInAnyOrder(Set.of("A", "B", "C"), Set.of("D"), Set.of("E"));
    }

    /** A nested class counts as the one that it is in. */
    private static String outermost(JavaClass type) {
        return type.getName().replaceFirst("\\$.*", "");
    }

    /** The strongly connected components: classes that reach each other, by Kosaraju's two passes. */
    private static Collection<Set<String>> circles(Map<String, Set<String>> uses) {
        Map<String, Set<String>> users = new HashMap<>();
        uses.forEach((user, all) -> all.forEach(
                used -> users.computeIfAbsent(used, unused -> new TreeSet<>()).add(user)));
        ArrayDeque<String> ended = new ArrayDeque<>();
        Set<String> seen = new HashSet<>();
        uses.keySet().forEach(type -> visit(type, uses, seen, ended));
        Set<String> taken = new HashSet<>();
        Collection<Set<String>> circles = new ArrayDeque<>();
        while (!ended.isEmpty()) {
            ArrayDeque<String> circle = new ArrayDeque<>();
            visit(ended.pop(), users, taken, circle);
            if (!circle.isEmpty()) {
                circles.add(Set.copyOf(circle));
            }
        }
        return circles;
    }

    /** Goes to all that can be reached and was not seen, and stacks each when all behind it is stacked. */
    private static void visit(String type, Map<String, Set<String>> next, Set<String> seen, ArrayDeque<String> ended) {
        if (seen.add(type)) {
            next.getOrDefault(type, Set.of()).forEach(other -> visit(other, next, seen, ended));
            ended.push(type);
        }
    }

    @Test
    void noPackageIsLong() throws IOException {
        Map<String, Integer> lines = new TreeMap<>();
        for (String module : List.of("hashdb", "engine", "server", "bench")) {
            Path sources = Path.of("..", module, "src/main/java");
            try (Stream<Path> files = Files.walk(sources)) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .forEach(file -> lines.merge(packageOf(sources, file), lines(file), Integer::sum));
            }
        }
        assertThat(lines).hasSizeGreaterThan(30);
        assertThat(lines).allSatisfy((name, count) -> assertThat(count).as(name).isLessThan(LINES_OF_A_PACKAGE));
    }

    private static String packageOf(Path sources, Path file) {
        return sources.relativize(file.getParent()).toString().replace('/', '.');
    }

    private static int lines(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return (int) lines.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
