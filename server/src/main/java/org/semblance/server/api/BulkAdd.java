package org.semblance.server.api;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ChangeRefusedException.Reason;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.exchange.HashListEntry;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Errors;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Ndjson;
import org.semblance.server.http.Response;
import org.semblance.server.list.Addition;
import org.semblance.server.list.ContentJson;
import org.semblance.server.list.Similar;
import org.semblance.server.recent.Earlier;
import org.semblance.server.recent.EarlierUploads;
import org.semblance.server.record.BankingGuard;
import org.semblance.server.route.Request;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Banks one content a line. A line that cannot be banked takes no other with it: each is answered by a line of its own, in
 * order, with an {@code id} or with a problem. Lines are banked some hundred at a time, each time all of them or none, and an
 * answer says what is durable, whatever comes after.
 */
final class BulkAdd {
    private static final int LINES_AT_ONCE = 1_000;

    /** Lines for which recent uploads are looked at. */
    private static final int MOST_LOOKED_BACK = 1_000;

    /** Bytes of lines that are banked at once, unless a single one is longer: as objects they are several times that. */
    private static final int BYTES_AT_ONCE = 4_000_000;

    private final Request request;
    private final ScopedDb visible;
    private final Bank bank;
    private final @Nullable RequestKey key;
    private final Gate gate;
    private final EarlierUploads earlier;
    private final BankingGuard guard;
    private final boolean force;
    private final boolean features;
    /** Whether recent uploads are looked at: not for a list, which would look at each of them for each line. */
    private boolean looksBack;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** @param features whether local features are banked */
    BulkAdd(
            Request request,
            ScopedDb visible,
            Bank bank,
            Gate gate,
            EarlierUploads earlier,
            BankingGuard guard,
            boolean features) {
        this.features = features;
        this.request = request;
        this.visible = visible;
        this.bank = bank;
        this.key = ContentRoutes.requestKey(request, bank);
        this.gate = gate;
        this.earlier = earlier;
        this.guard = guard;
        this.force = NativeRoutes.forces(request);
    }

    Response run() {
        List<Ndjson.Line> lines = Ndjson.lines(request.body().bytes());
        Deadline deadline = request.deadline();
        looksBack = lines.size() <= MOST_LOOKED_BACK;
        Similar similar = new Similar(request, visible, bank, true, !looksBack);
        int next = 0;
        int part = 0;
        while (next < lines.size()) {
            int from = next;
            long bytes = 0;
            do {
                bytes += lines.get(next++).bytes().remaining();
            } while (next < lines.size()
                    && next - from < LINES_AT_ONCE
                    && bytes + lines.get(next).bytes().remaining() <= BYTES_AT_ONCE);
            if (deadline.passed()) {
                refuse(lines.subList(from, lines.size()), HttpError.busy("the deadline passed before this line"));
                break;
            }
            add(lines.subList(from, next), part++, similar);
        }
        return new Response(200, Ndjson.MEDIA_TYPE, out.toByteArray(), Map.of());
    }

    /** @param part how many times lines were added before: a body that comes again is cut at the same lines */
    private void add(List<Ndjson.Line> lines, int part, Similar similar) {
        List<ContentDraft> drafts = new ArrayList<>(lines.size());
        List<ContentFields.@Nullable State> states = new ArrayList<>(lines.size());
        List<ObjectNode> answers = new ArrayList<>(lines.size());
        for (Ndjson.Line line : lines) {
            ObjectNode answer = Json.object().put("line", line.number());
            try {
                HashListEntry.Usable draft =
                        ContentJson.fitting(bank, ContentJson.read(line.number(), line.bytes()), features);
                draft.content().check();
                drafts.add(draft.content());
                states.add(draft.state());
                if (!draft.warnings().isEmpty()) {
                    ArrayNode warnings = answer.putArray("warnings");
                    draft.warnings().forEach(warnings::add);
                }
            } catch (HttpError | JacksonException | ChangeRefusedException e) {
                answer.setAll(Dialect.problem(Errors.error(e, Dialect.NATIVE)));
            }
            answers.add(answer);
        }
        if (!drafts.isEmpty()) {
            bank(drafts, states, answers, key == null ? null : key.part(part), similar);
        }
        answers.forEach(this::write);
    }

    /** @param answers to all lines; those without a status are of the contents, in their order */
    private void bank(
            List<ContentDraft> contents,
            List<ContentFields.@Nullable State> states,
            List<ObjectNode> answers,
            @Nullable RequestKey partKey,
            Similar similar) {
        List<ObjectNode> open =
                answers.stream().filter(answer -> !answer.has("status")).toList();
        try {
            Similar.Found found = similar.find(contents);
            Map<Integer, ObjectNode> refused = found.refused(partKey);
            refused.forEach((i, problem) -> open.get(i).setAll(problem));
            List<Integer> banked = IntStream.range(0, contents.size())
                    .filter(i -> !refused.containsKey(i))
                    .boxed()
                    .toList();
            if (banked.isEmpty()) {
                return;
            }
            List<ContentDraft> checked = guard.check(
                    bank,
                    banked.stream().map(contents::get).toList(),
                    request.caller().banks(),
                    earlier,
                    force);
            List<ContentFields.@Nullable State> wanted = new ArrayList<>();
            banked.forEach(i -> wanted.add(states.get(i)));
            Applied applied = new Addition(visible, bank, request.origin()).apply(checked, wanted, partKey);
            found.banked(applied);
            for (int i = 0; i < banked.size(); i++) {
                ObjectNode answer = open.get(banked.get(i));
                long id = applied.firstContentId() + i;
                answer.put("id", id).put("seq", applied.seq());
                found.putTo(answer, banked.get(i), false);
                NativeRoutes.putHeld(answer, checked.get(i));
                if (applied.proposed()) {
                    answer.put("proposal", applied.seq());
                } else {
                    lookBack(answer, id, checked.get(i), applied.seq());
                }
            }
        } catch (ChangeRefusedException | StorageFailedException e) {
            if (e instanceof ChangeRefusedException why && why.reason() == Reason.KEY_REUSED) {
                throw why; // As the first change already was, so that nothing has been banked.
            }
            ObjectNode problem = Dialect.problem(Errors.error(e, Dialect.NATIVE));
            open.stream().filter(answer -> !answer.has("status")).forEach(answer -> answer.setAll(problem));
        }
    }

    private void lookBack(ObjectNode answer, long id, ContentDraft content, long seq) {
        if (!looksBack) {
            Earlier.putSkipped(answer);
            return;
        }
        Earlier shown = earlier.of(bank, id, content, seq, request.deadline()::passed);
        if (shown != null) {
            shown.putTo(answer, request.caller(), gate);
        }
    }

    private void refuse(List<Ndjson.Line> lines, HttpError why) {
        for (Ndjson.Line line : lines) {
            write(Json.object().put("line", line.number()).setAll(Dialect.problem(why)));
        }
    }

    private void write(ObjectNode line) {
        out.writeBytes(Json.write(line));
        out.write('\n');
    }
}
