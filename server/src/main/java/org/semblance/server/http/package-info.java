/** The words of HTTP that every layer of the server speaks: answers, errors, JSON, codings, and how far the server is. */
@NullMarked
package org.semblance.server.http;

import org.jspecify.annotations.NullMarked;
