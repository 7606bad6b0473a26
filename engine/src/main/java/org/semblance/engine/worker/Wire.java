package org.semblance.engine.worker;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.HashRequest;
import org.semblance.engine.features.Profile;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.worker.linux.ControlSocket;

/**
 * The messages between server and worker, as bytes: the memory they share, and the messages that say what lies in it.
 *
 * <p>The memory opens with a page of two words; what follows are the bytes of the content and, when it has been hashed, in
 * their place those of the reply, a part at a time if there are more. Messages have {@link ControlSocket#MESSAGE_BYTES},
 * all the same fields:
 *
 * <pre>
 *   0 int   version        4 int  kind          8 long id of the order
 *  16 long  bytes: of the content, or of the part of the reply
 *  24 int   flags         28 int  sampling     48 to 80 double its parameters
 *  32 long  nanoseconds until the deadline     40 long those for reading frames
 * </pre>
 *
 * <p>The server trusts nothing that a worker writes: a message is checked when it is read, and a reply copied before.
 */
final class Wire {
    /** Of the layout of messages, memory and replies. */
    static final int VERSION = 2;

    /** Where the bytes begin. */
    static final long DATA = 4096;

    private static final VarHandle TAKEN = ValueLayout.JAVA_LONG.varHandle();
    private static final VarHandle PATIENCE = ValueLayout.JAVA_INT.varHandle();
    private static final long TAKEN_AT = 0;
    private static final long PATIENCE_AT = 64;

    private static final int KIND = 4;
    private static final int ID = 8;
    private static final int BYTES = 16;
    private static final int FLAGS = 24;
    private static final int SAMPLING = 28;
    private static final int DEADLINE = 32;
    private static final int FRAMES_UNTIL = 40;
    private static final int PARAMETERS = 48;

    private static final int OPENED = 1;
    private static final int DIHEDRAL = 2;
    private static final int FOR_LOOKUP = 8;
    private static final int EXACT = 4;
    private static final int FEATURES_UPLOADED = 16;
    private static final int FEATURES_BANKED = 32;

    private static final int EVERY_FRAME = 0;
    private static final int TIME_STEP = 1;
    private static final int KEY_FRAMES = 2;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;

    private Wire() {}

    /** What a message is about. */
    enum Kind {
        /** Server: here is the memory. */
        MEMORY,
        /** Worker: it can begin; the data say in lines what decodes AV1, and how well it is held. */
        READY,
        /** Worker: it cannot begin; the data say why. */
        FAILED,
        /** Server: hash this. */
        HASH,
        /** Worker: a part of the reply, and more to come. */
        PART,
        /** Worker: the last part of the reply, or all of it. */
        LAST,
        /** Server: the next part. */
        NEXT,
        /** Server: no further part is wanted. */
        DROP
    }

    /**
     * What to hash, and how.
     *
     * @param bytes of the content
     * @param opened whether the bytes lie in what the descriptor beside the message stands for, and not in the memory
     * @param features how local features are taken, or null for none
     * @param nanosLeft until the deadline; {@link Long#MAX_VALUE} if there is none
     */
    record Order(
            long id,
            long bytes,
            boolean opened,
            HashRequest.Variants variants,
            @Nullable Profile features,
            DecodePath path,
            FrameSampling sampling,
            long nanosLeft,
            long framesNanosLeft) {
        static Order of(long id, HashRequest request, boolean opened, DecodePath path) {
            return new Order(
                    id,
                    request.source().size(),
                    opened,
                    request.variants(),
                    request.features(),
                    path,
                    request.sampling(),
                    request.deadline().nanosLeft(),
                    request.framesUntil().nanosLeft());
        }

        void write(MemorySegment message) {
            Wire.write(message, Kind.HASH, id, bytes);
            message.set(
                    INT,
                    FLAGS,
                    (opened ? OPENED : 0) | flag(variants) | flag(features) | (path == DecodePath.EXACT ? EXACT : 0));
            switch (sampling) {
                case FrameSampling.EveryFrame all -> write(message, EVERY_FRAME);
                case FrameSampling.TimeStep step -> write(message, TIME_STEP, step.seconds());
                case FrameSampling.KeyFrames keys ->
                    write(
                            message,
                            KEY_FRAMES,
                            keys.minGap(),
                            keys.maxGap(),
                            keys.minFrames(),
                            keys.closeFrom(),
                            keys.closeUntil());
            }
            message.set(LONG, DEADLINE, nanosLeft);
            message.set(LONG, FRAMES_UNTIL, framesNanosLeft);
        }

        private static int flag(HashRequest.Variants variants) {
            return switch (variants) {
                case NONE -> 0;
                case DIHEDRAL -> DIHEDRAL;
                case FOR_LOOKUP -> FOR_LOOKUP;
            };
        }

        private static int flag(@Nullable Profile features) {
            return switch (features) {
                case null -> 0;
                case UPLOADED -> FEATURES_UPLOADED;
                case BANKED, BANKED_FRAME -> FEATURES_BANKED;
            };
        }

        private static @Nullable Profile features(int flags) {
            return (flags & FEATURES_UPLOADED) != 0
                    ? Profile.UPLOADED
                    : (flags & FEATURES_BANKED) != 0 ? Profile.BANKED : null;
        }

        private static HashRequest.Variants variants(int flags) {
            return (flags & DIHEDRAL) != 0
                    ? HashRequest.Variants.DIHEDRAL
                    : (flags & FOR_LOOKUP) != 0 ? HashRequest.Variants.FOR_LOOKUP : HashRequest.Variants.NONE;
        }

        private static void write(MemorySegment message, int sampling, double... parameters) {
            message.set(INT, SAMPLING, sampling);
            for (int i = 0; i < parameters.length; i++) {
                message.set(DOUBLE, PARAMETERS + (long) i * Double.BYTES, parameters[i]);
            }
        }

        private static double parameter(MemorySegment message, int number) {
            return message.get(DOUBLE, PARAMETERS + (long) number * Double.BYTES);
        }

        static Order read(MemorySegment message) {
            int flags = message.get(INT, FLAGS);
            FrameSampling sampling = switch (message.get(INT, SAMPLING)) {
                case TIME_STEP -> new FrameSampling.TimeStep(parameter(message, 0));
                case KEY_FRAMES ->
                    new FrameSampling.KeyFrames(
                            parameter(message, 0),
                            parameter(message, 1),
                            (int) parameter(message, 2),
                            parameter(message, 3),
                            parameter(message, 4));
                default -> new FrameSampling.EveryFrame();
            };
            return new Order(
                    message.get(LONG, ID),
                    message.get(LONG, BYTES),
                    (flags & OPENED) != 0,
                    variants(flags),
                    features(flags),
                    (flags & EXACT) != 0 ? DecodePath.EXACT : DecodePath.FAST,
                    sampling,
                    message.get(LONG, DEADLINE),
                    message.get(LONG, FRAMES_UNTIL));
        }
    }

    /** A message without what is only in an order. */
    static void write(MemorySegment message, Kind kind, long id, long bytes) {
        message.fill((byte) 0);
        message.set(INT, 0, VERSION);
        message.set(INT, KIND, kind.ordinal());
        message.set(LONG, ID, id);
        message.set(LONG, BYTES, bytes);
    }

    /** @throws IOException if it is none of this version */
    static Kind kind(MemorySegment message) throws IOException {
        int version = message.get(INT, 0);
        int kind = message.get(INT, KIND);
        Kind[] kinds = Kind.values();
        if (version != VERSION || kind < 0 || kind >= kinds.length) {
            throw new IOException("a message of version " + version + " and kind " + kind);
        }
        return kinds[kind];
    }

    static long id(MemorySegment message) {
        return message.get(LONG, ID);
    }

    static long bytes(MemorySegment message) {
        return message.get(LONG, BYTES);
    }

    /** Says which order the worker has begun. */
    static void take(MemorySegment memory, long id) {
        TAKEN.setVolatile(memory, TAKEN_AT, id);
    }

    static boolean isTaken(MemorySegment memory, long id) {
        return (long) TAKEN.getVolatile(memory, TAKEN_AT) == id;
    }

    /** How long an order is worked on, as the server says meanwhile. */
    enum Patience {
        /** Until its deadlines. */
        AS_ORDERED,
        /** What was seen of a video is enough. */
        NO_MORE_FRAMES,
        /** Nobody waits for the reply any more. */
        NONE
    }

    static void set(MemorySegment memory, Patience patience) {
        PATIENCE.setVolatile(memory, PATIENCE_AT, patience.ordinal());
    }

    /** Whether the server has no more patience than that. */
    static boolean isAtMost(MemorySegment memory, Patience patience) {
        return (int) PATIENCE.getVolatile(memory, PATIENCE_AT) >= patience.ordinal();
    }
}
