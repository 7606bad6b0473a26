/** One request from its head to its answer: admitted, its body gathered, its work handed over, its answer sent and noted. */
@NullMarked
package org.semblance.server.call;

import org.jspecify.annotations.NullMarked;
