package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A document that nobody is led to is not read, and a link to nothing leads nowhere. */
class DocumentsTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    private static final Path README = TOP.resolve("README.md");
    private static final Pattern LINK = Pattern.compile("]\\(([^)#:\\s]+)(?:#[^)]*)?\\)");

    /** The files of this repository that the document links. */
    private static List<Path> links(Path document) throws IOException {
        return LINK.matcher(Files.readString(document))
                .results()
                .map(link -> document.resolveSibling(link.group(1)).normalize())
                .toList();
    }

    private static List<Path> documents() throws IOException {
        try (Stream<Path> files = Files.list(TOP.resolve("docs"))) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void theReadmeLeadsToEachOfThem() throws IOException {
        assertThat(links(README)).containsAll(documents());
    }

    @Test
    void theReadmeIsAFrontDoor() throws IOException {
        assertThat(Files.size(README)).isLessThanOrEqualTo(8_000);
    }

    @Test
    void everyLinkLeadsToAFile() throws IOException {
        List<Path> all = new ArrayList<>(documents());
        all.add(README);
        all.add(TOP.resolve("CONTRIBUTING.md"));
        for (Path document : all) {
            assertThat(links(document)).as(document.toString()).allMatch(Files::exists);
        }
    }
}
