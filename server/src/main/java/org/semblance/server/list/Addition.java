package org.semblance.server.list;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.exchange.HashListEntry;
import org.semblance.server.auth.ScopedDb;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Contents that are added to a bank together. A content is banked enabled, and is disabled by a change of its own. Until that
 * change a content that must not match is in quarantine, so that it never makes a match, even if the second change fails, or
 * the contents wait for a second person.
 */
public final class Addition {
    private static final Logger LOG = LoggerFactory.getLogger(Addition.class);
    private static final Quarantine UNTIL_DISABLED = new Quarantine("banked to be disabled at once", true);

    private final ScopedDb db;
    private final String bank;
    private final Origin origin;

    /** Additions to that bank, as that origin makes them. */
    public Addition(ScopedDb db, Bank bank, Origin origin) {
        this.db = db;
        this.bank = bank.name();
        this.origin = origin;
    }

    /**
     * Banks contents, all of them or none.
     *
     * @param states the state of each content; null for one that matches
     * @throws ChangeRefusedException if they cannot be banked
     */
    public Applied apply(
            List<ContentDraft> contents, List<ContentFields.@Nullable State> states, @Nullable RequestKey key) {
        List<ContentDraft> drafts = new ArrayList<>(contents.size());
        for (int i = 0; i < contents.size(); i++) {
            ContentDraft content = contents.get(i);
            drafts.add(
                    states.get(i) == null
                            ? content
                            : content.withTreatment(quarantined(content.treatment(), UNTIL_DISABLED)));
        }
        Applied applied = db.apply(new Change.AddContents(bank, drafts), origin, key);
        for (int i = 0; i < contents.size() && !applied.proposed(); i++) {
            ContentFields.State state = states.get(i);
            if (state != null) {
                disable(applied.firstContentId() + i, state, contents.get(i).treatment());
            }
        }
        return applied;
    }

    /** As {@link #apply}, of entries of a list whose contents were checked. */
    Applied apply(List<HashListEntry.Usable> entries, @Nullable RequestKey key) {
        List<ContentFields.@Nullable State> states = new ArrayList<>(entries.size());
        entries.forEach(entry -> states.add(entry.state()));
        return apply(entries.stream().map(HashListEntry.Usable::content).toList(), states, key);
    }

    private static Treatment quarantined(Treatment treatment, Quarantine quarantine) {
        return new Treatment(treatment.distanceThreshold(), treatment.handling(), quarantine, null);
    }

    private void disable(long id, ContentFields.State state, Treatment treatment) {
        try {
            db.apply(
                    new Change.UpdateContent(
                            bank,
                            id,
                            state.status(),
                            state.disabledUntil(),
                            null,
                            ContentFields.NONE.withQuarantine(treatment.quarantine())),
                    origin);
        } catch (ChangeRefusedException | StorageFailedException e) {
            // Whoever sends the list again must not bank the content again for this.
            LOG.warn(
                    "content {} of bank {} stays in quarantine, as it cannot be disabled: {}",
                    id,
                    bank,
                    e.getMessage());
        }
    }
}
