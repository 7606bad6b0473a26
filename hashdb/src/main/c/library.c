/* The library as a whole. */
#include "library.h"

/*
 * What the callers (NativeLibrary, in Java) and the files of the library must agree in; raised with every change of it. A value and
 * not a function, which would take the caller milliseconds to bind.
 */
EXPORT const int64_t semblance_version = 3;
