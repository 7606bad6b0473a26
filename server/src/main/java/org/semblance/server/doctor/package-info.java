/** Looks a machine and the settings over before a server is trusted with them. */
@NullMarked
package org.semblance.server.doctor;

import org.jspecify.annotations.NullMarked;
