/** Our own native code: loads the library that the build compiled, for the packages that call it. */
@NullMarked
package org.semblance.hashdb.natives;

import org.jspecify.annotations.NullMarked;
