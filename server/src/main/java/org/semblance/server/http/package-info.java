/** The vocabulary of HTTP that every layer of the server shares: answers, errors, dialects, JSON, codings and the server's phase. */
@NullMarked
package org.semblance.server.http;

import org.jspecify.annotations.NullMarked;
