package org.semblance.engine.worker;

import org.semblance.engine.HashReport;

/** Reports as they are compared. */
final class Reports {
    private Reports() {}

    /** The report but for the times that it took, which differ each time. */
    static HashReport withoutTimes(HashReport report) {
        return new HashReport(
                report.failure(),
                report.reason(),
                report.contentType(),
                report.format(),
                report.signals(),
                report.dihedral(),
                report.video(),
                report.others(),
                report.pictures(),
                report.seen(),
                0,
                0);
    }
}
