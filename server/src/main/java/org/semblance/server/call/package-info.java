/** The life of one request from its head to its answer: admission, body, work, answer. */
@NullMarked
package org.semblance.server.call;

import org.jspecify.annotations.NullMarked;
