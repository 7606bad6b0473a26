/** The memory that the virtual machine may take, the reason for the bound, and the distance to it. */
@NullMarked
package org.semblance.server.memory;

import org.jspecify.annotations.NullMarked;
