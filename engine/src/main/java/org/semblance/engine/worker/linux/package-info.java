/**
 * What worker processes need of Linux: memory and messages that they share with their server, and the sandbox in which they
 * give up every right.
 */
@NullMarked
package org.semblance.engine.worker.linux;

import org.jspecify.annotations.NullMarked;
