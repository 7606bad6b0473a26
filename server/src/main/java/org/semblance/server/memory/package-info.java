/** How much memory the virtual machine may take, why, and how near it is to that. */
@NullMarked
package org.semblance.server.memory;

import org.jspecify.annotations.NullMarked;
