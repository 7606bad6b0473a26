package org.semblance.hashdb.digest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.semblance.hashdb.natives.NativeLibrary;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computes MD5, SHA-1 and SHA-256 of bytes that come in pieces, in one of two forms that give the same digests. Not for two threads at
 * once.
 */
public sealed interface Digester permits NativeDigester, JavaDigester {
    /** Adds the bytes between position and limit (which stay as they are). */
    void update(ByteBuffer bytes);

    /** The digests of all bytes that came; then it is empty again. */
    Result finish();

    /**
     * The digests, in hexadecimal digits of lower case.
     *
     * @param md5 32 digits
     * @param sha1 40 digits
     * @param sha256 64 digits
     */
    record Result(String md5, String sha1, String sha256) {}

    /** How digests are computed. */
    enum Form {
        /** All three in one pass of our own library, which needs a processor with SHA instructions. */
        NATIVE("native-sha"),
        /** One after the other, by the classes of the JDK. */
        JAVA("java");

        private final String title;

        Form(String title) {
            this.title = title;
        }

        /** A digester of this form, which must be available. */
        public Digester digester() {
            return this == NATIVE ? new NativeDigester() : new JavaDigester();
        }

        /** The name of the form in the log and in the doctor's findings. */
        @Override
        public String toString() {
            return title;
        }

        /** The faster form that this machine has; the choice is logged once. */
        public static Form best() {
            return Best.FORM;
        }

        /** The forms that this machine has, the fastest first. */
        public static List<Form> available() {
            return Best.FORM == NATIVE ? List.of(NATIVE, JAVA) : List.of(JAVA);
        }

        /** Why there is no native form; empty if there is one. */
        public static String failure() {
            return Best.FAILURE;
        }
    }

    /** A digester of the faster form that this machine has. */
    static Digester create() {
        return Form.best().digester();
    }

    /** Holds the choice. */
    final class Best {
        private static final Logger LOG = LoggerFactory.getLogger(Digester.class);
        private static final String FAILURE = failure();
        private static final Form FORM = FAILURE.isEmpty() ? Form.NATIVE : Form.JAVA;

        static {
            if (FAILURE.isEmpty()) {
                LOG.info("digests run as {}", FORM);
            } else {
                LOG.info("digests run as {}: {}", FORM, FAILURE);
            }
        }

        private Best() {}

        private static String failure() {
            try {
                long forms = NativeLibrary.get().value("semblance_digest_forms");
                return forms != 0 ? "" : "this processor has no SHA instructions";
            } catch (IOException e) {
                return "no native library: " + e.getMessage();
            }
        }
    }
}
