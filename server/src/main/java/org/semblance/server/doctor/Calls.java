package org.semblance.server.doctor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Functions of the C library. */
final class Calls {
    /** What a text it returns may be long. */
    static final MemoryLayout TEXT = MemoryLayout.sequenceLayout(64, ValueLayout.JAVA_BYTE);

    private Calls() {}

    /** What the function returns; null if there is none of that name. */
    static @Nullable Object call(String name, FunctionDescriptor shape, Object... arguments) {
        Linker linker = Linker.nativeLinker();
        MemorySegment function = linker.defaultLookup().find(name).orElse(null);
        if (function == null) {
            return null;
        }
        try {
            return linker.downcallHandle(function, shape).invokeWithArguments(arguments);
        } catch (Throwable e) {
            return null;
        }
    }

    /** The same for a variadic one, of which so many arguments are fixed. */
    static @Nullable Object callVariadic(String name, int fixed, FunctionDescriptor shape, Object... arguments) {
        Linker linker = Linker.nativeLinker();
        MemorySegment function = linker.defaultLookup().find(name).orElse(null);
        if (function == null) {
            return null;
        }
        try {
            return linker.downcallHandle(function, shape, Linker.Option.firstVariadicArg(fixed))
                    .invokeWithArguments(arguments);
        } catch (Throwable e) {
            return null;
        }
    }
}
