/** Hash lists that go into a bank and come out of it over HTTP. */
@NullMarked
package org.semblance.server.list;

import org.jspecify.annotations.NullMarked;
