/** The questions that the verbs of the command line ask of a database: of a folder's, or of the server that has it. */
@NullMarked
package org.semblance.server.cli.database;

import org.jspecify.annotations.NullMarked;
