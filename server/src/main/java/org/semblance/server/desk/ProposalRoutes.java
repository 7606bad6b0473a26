package org.semblance.server.desk;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalPayload.ContentsAdded;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.catalog.Proposal;
import org.semblance.hashdb.catalog.ProposalState;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.recent.Earlier;
import org.semblance.server.recent.EarlierUploads;
import org.semblance.server.route.Cursor;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/proposals}: changes that wait for a second person. */
public final class ProposalRoutes {
    private static final String ALL = "/v1/proposals";
    private static final String ONE = ALL + "/{proposal:int}";

    /** As of a bulk: the earlier uploads of more contents are not looked for in one request. */
    private static final int MOST_LOOKED_BACK = 1_000;

    private final HashDb db;
    private final Gate gate;
    private final EarlierUploads earlier;

    /**
     * Routes that decide on changes of that database.
     *
     * @param gate knows which keys a caller may be told of
     * @param earlier finds what shows a content that is approved
     */
    public ProposalRoutes(HashDb db, Gate gate, EarlierUploads earlier) {
        this.db = db;
        this.gate = gate;
        this.earlier = earlier;
    }

    public List<Route> routes() {
        return List.of(
                new Route(
                        Dialect.NATIVE,
                        "GET",
                        ALL,
                        Set.of("status", "bank", "before", "limit"),
                        Route.Takes.NOTHING,
                        Role.CURATE,
                        (Route.Work) (request, worker) -> list(request)),
                decision("approve", true),
                decision("reject", false));
    }

    private Route decision(String verb, boolean approve) {
        return new Route(
                Dialect.NATIVE, "POST", ONE + "/" + verb, Set.of(), Route.Takes.NOTHING, Role.CURATE, (Route.Work)
                        (request, worker) -> decide(request, approve));
    }

    private Response list(Request request) {
        ScopedDb visible = new ScopedDb(db, request.caller());
        String before = request.query("before");
        Paging paging = new Paging(
                before == null ? null : Long.valueOf(Request.parse("before", before, 0, Long.MAX_VALUE)), true, (int)
                        request.query("limit", Cursor.DEFAULT_PAGE, 1, Cursor.MAX_PAGE));
        Page<Proposal> page = visible.proposals(request.query("bank"), state(request.query("status")), paging);
        ObjectNode answer = Json.object();
        ArrayNode proposals = answer.putArray("proposals");
        page.rows().forEach(proposal -> proposals.add(json(proposal)));
        if (page.next() != null) {
            answer.put("next_before", page.next());
        }
        return Response.json(200, answer);
    }

    private static @Nullable ProposalState state(@Nullable String text) {
        if (text == null) {
            return null;
        }
        for (ProposalState state : ProposalState.values()) {
            if (state.wireName().equals(text)) {
                return state;
            }
        }
        throw HttpError.field(400, "status", text, "open, approved or rejected");
    }

    private static ObjectNode json(Proposal proposal) {
        JournalEntry entry = proposal.entry();
        JsonNode payload = Json.read(entry.payload());
        // Added contents are there already; another change is told as it is kept.
        JsonNode change = payload.has("change") ? payload.get("change") : payload;
        ObjectNode node = Json.object()
                .put("proposal", entry.seq())
                .put("at", entry.at().toString())
                .put("actor", entry.actor())
                .put("reason", entry.reason())
                .put("bank", proposal.bank())
                .put(
                        "kind",
                        change == payload ? entry.kind() : change.path("kind").asString(""));
        for (String name : List.of("content_id", "first_id", "contents")) {
            if (change.has(name)) {
                node.set(name, change.get(name));
            }
        }
        node.set("change", change);
        node.put("status", proposal.state().wireName());
        JournalEntry decision = proposal.decision();
        if (decision != null) {
            node.put("decided_by", decision.actor())
                    .put("decided_at", decision.at().toString())
                    .put("decision_reason", decision.reason())
                    .put("decided_seq", decision.seq());
        }
        return node;
    }

    private Response decide(Request request, boolean approve) {
        long proposal = request.id("proposal");
        ScopedDb visible = new ScopedDb(db, request.caller());
        Applied applied = visible.apply(new Change.Decide(proposal, approve), request.origin());
        ObjectNode answer = Json.object()
                .put("proposal", proposal)
                .put("status", (approve ? ProposalState.APPROVED : ProposalState.REJECTED).wireName())
                .put("contents", applied.contents())
                .put("seq", applied.seq());
        if (applied.firstContentId() > 0) {
            lookBack(request, visible, applied, answer);
        }
        return Response.json(200, answer);
    }

    /** Contents match from now on: adds which recent uploads show them, one element a content that some do. */
    private void lookBack(Request request, ScopedDb visible, Applied approved, ObjectNode answer) {
        Bank bank = visible.banks().stream()
                .filter(one -> one.id() == approved.bankId())
                .findFirst()
                .orElse(null);
        if (bank == null) {
            return;
        }
        long last = db.journal(request.id("proposal") - 1, 1).getFirst().change() instanceof ContentsAdded added
                ? added.lastId()
                : 0;
        ArrayNode shown = answer.putArray("earlier");
        List<BankContent> contents = visible.contents(
                        bank.name(),
                        ContentFilter.NONE,
                        Paging.after(approved.firstContentId() - 1, Math.min(MOST_LOOKED_BACK, approved.contents())))
                .rows();
        for (BankContent content : contents) {
            if (content.id() > last) {
                break;
            }
            ContentDraft draft =
                    content.draft(visible.video(bank.name(), content.id()).orElse(null), List.of());
            Earlier found = earlier.of(bank, content.id(), draft, approved.seq(), request.deadline()::passed);
            if (found != null && !found.uploads().isEmpty()) {
                found.putTo(shown.addObject().put("id", content.id()), request.caller(), gate);
            }
        }
        if (approved.contents() > MOST_LOOKED_BACK) {
            answer.put("earlier_cut", true);
        }
    }
}
