/** What a browser shows against what Semblance finds: files that were changed in one step, drawn in Chromium and matched. */
@NullMarked
package org.semblance.bench.browser;

import org.jspecify.annotations.NullMarked;
