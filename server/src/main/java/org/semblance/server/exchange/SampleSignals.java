package org.semblance.server.exchange;

import java.util.List;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * What the exchange {@code sample} gives: the example signals of HMA's, so that what its documentation and tests look up is
 * found. One is left out, the MD5 of the empty file, which no bank takes.
 */
final class SampleSignals implements Partner {
    /** Raised when the signals change, so that they are fetched again. */
    private static final String VERSION = "2";

    /** Of a picture of a bridge and eleven changed copies, and of four other pictures. */
    private static final List<String> PDQ = List.of(
            "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
            "f8f8f0cee0f4a84f06370a2a038f63f0b36e26d596621e1d33e6b39c4e9c9b22",
            "f8f8f0cee0f4a84f0637022a038f67f0b36e26d596621e1d33e6b39c4e9c9b22",
            "f8f8f0cee0f4a84f06370a2a068f67f0b36e26d596621e1d33e6339c4e9c9b22",
            "f8f8f0cee0f4a84f06370a22038f67f0b36e2ed596221e1d33e6b39c4e9c9b22",
            "f8f8f0cee0f4a84f0e370a22038f67f0b36e2ed596221e1d33e6b39c4a9c9b22",
            "d8f8f0cec0f4a84f8e370a22038f67f0b36a2ed597231e1d72e6b39c4a9c9b22",
            "f8f8f0cee0f4a84f06370a22038f67f0b36e2ed596621e1d33e6339c4e9c9b22",
            "d0f8f1ccc0f4a84d0a370a3a228f67f0b36e2ed5b6623e1d33e6339c4e9c9b22",
            "d8f8f1eec0f4a84f0e37022a078f63f0b36e2ed596621e1d33e6239c4e9c9b22",
            "d8f8f0cec4f4a84f0637022a078f67f0b36e2ee5b6621e1d33e6239c4e9c9b22",
            "d8f8f0cec0f4a84f0637022a278f67f0b36e2ed596621e1d33e6339c4e9c9b22",
            "e64cc9d91c623882f8d1f1d9a398e78c9f199b3bd83924f2b7e11e0bf861b064",
            "6227401f601ff4ccafcc9fad4b0d95d371a2eb7265a3285234d228ca94deeb2d",
            "c186f9619659658c4b6916daf934496985f4259c72c39676ab9edb631c3c349c",
            "62c9789627838f69f23cf98c29e37836d61c87c31c59587c4b49a783f496725c");

    private static final String MD5 = "cab08b36195edb1a1231d2d09fa450e0";

    @Override
    public String version() {
        return VERSION;
    }

    @Override
    public void list(BankKind kind, Entries entries) throws FetchFailedException {
        for (String hash : PDQ) {
            entries.entry(new ContentDraft(List.of(new Signal(SignalType.PDQ, hash))));
        }
        entries.entry(new ContentDraft(List.of(new Signal(SignalType.MD5, MD5))));
    }
}
