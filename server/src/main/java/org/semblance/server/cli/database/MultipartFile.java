package org.semblance.server.cli.database;

import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A form with fields and one file, which is read as it is sent. */
final class MultipartFile {
    private final String boundary = UUID.randomUUID().toString();
    private final StringBuilder fields = new StringBuilder();
    private final BodyPublisher file;

    /** @param content of the file */
    MultipartFile(BodyPublisher content) {
        this.file = content;
    }

    /** Adds a field, unless it has no value. */
    void field(String name, @Nullable String value) {
        if (value != null) {
            fields.append("--").append(boundary).append("\r\n");
            fields.append("Content-Disposition: form-data; name=\"")
                    .append(name)
                    .append("\"\r\n\r\n");
            fields.append(value).append("\r\n");
        }
    }

    String contentType() {
        return "multipart/form-data; boundary=" + boundary;
    }

    BodyPublisher body() {
        String opening = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"upload\"\r\n"
                + "Content-Type: application/octet-stream\r\n\r\n";
        return BodyPublishers.concat(
                BodyPublishers.ofString(fields + opening),
                file,
                BodyPublishers.ofString("\r\n--" + boundary + "--\r\n"));
    }
}
