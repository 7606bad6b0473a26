package org.semblance.hashdb;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;

/** Why a file or folder could not be used, in words: the message of many exceptions is its path alone. */
public final class FileProblem {
    private FileProblem() {}

    public static String of(IOException e) {
        return switch (e) {
            case NoSuchFileException gone -> "no such file or folder";
            case AccessDeniedException denied -> "permission denied";
            case FileAlreadyExistsException there -> "there is a file of this name";
            case NotDirectoryException file -> "not a folder";
            case FileSystemException other -> or(other.getReason(), other);
            default -> or(e.getMessage(), e);
        };
    }

    private static String or(@Nullable String text, IOException e) {
        return text == null ? e.toString() : text;
    }
}
