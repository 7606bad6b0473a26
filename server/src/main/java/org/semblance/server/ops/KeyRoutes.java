package org.semblance.server.ops;

import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.semblance.server.auth.Caller;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.Key;
import org.semblance.server.auth.KeyJson;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.NameTakenException;
import org.semblance.server.auth.Role;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Fields;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/keys}: lists, makes and revokes keys. */
public final class KeyRoutes {
    private static final String ALL = "/v1/keys";
    private static final String BANKS = "banks";
    private static final Set<String> FIELDS =
            Set.of("name", "role", BANKS, "hide_distance", "rate_per_second", "concurrent", "expires_at");

    private final Gate gate;

    public KeyRoutes(Gate gate) {
        this.gate = gate;
    }

    public List<Route> routes() {
        Set<String> none = Set.of();
        return List.of(
                Route.get(Dialect.NATIVE, Role.OPS, ALL, this::list),
                new Route(Dialect.NATIVE, "POST", ALL, none, Route.Takes.JSON, Role.ADMIN, (Route.Work)
                        (request, worker) -> make(request)),
                new Route(Dialect.NATIVE, "DELETE", ALL + "/{name}", none, Route.Takes.NOTHING, Role.ADMIN, (Route.Work)
                        (request, worker) -> revoke(request)));
    }

    private Response list(Request request) {
        Instant now = Instant.now();
        ObjectNode answer = Json.object();
        ArrayNode keys = answer.putArray("keys");
        gate.usage(request.caller()).forEach(usage -> keys.add(json(usage, now)));
        return Response.json(200, answer);
    }

    private Response make(Request request) {
        boolean first = requireMayChange(request);
        KeyRing.Draft draft = draft(Fields.of(request.json(), FIELDS), first);
        KeyRing.Made made;
        try {
            made = gate.make(draft, request.caller(), request.origin().actor());
        } catch (NameTakenException e) {
            throw HttpError.of(409, "name", String.valueOf(e.getMessage()));
        } catch (IllegalArgumentException e) {
            throw wrong(e);
        }
        ObjectNode answer = json(gate.usage(made.key()), Instant.now()).put("secret", made.secret());
        if (first) {
            answer.put("notice", "from now on every request needs a key; this secret is not shown again");
        } else if (!gate.isGuardedByKeys()) {
            answer.put("notice", "this server was started to answer without keys, and goes on to do so");
        }
        return Response.json(201, answer).with(Map.of("Cache-Control", "no-store"));
    }

    private Response revoke(Request request) {
        requireMayChange(request);
        String name = request.name("name");
        Key revoked = gate.revoke(name, request.caller(), request.origin().actor())
                .orElseThrow(() -> HttpError.field(404, "name", name, "the name of a key"));
        return Response.json(200, json(gate.usage(revoked), Instant.now()));
    }

    /**
     * Refuses whoever has no key and is not on this machine: where no key is asked for, everybody on the network could otherwise
     * take the server over.
     *
     * @return whether the key would be the first one, from which on every request needs one
     */
    private boolean requireMayChange(Request request) {
        if (request.caller() != Caller.ANYONE) {
            return false;
        }
        if (!request.isFromThisMachine()) {
            throw new HttpError(
                    403,
                    "keys: without a key they are made and revoked on the server's own machine alone, not through a proxy");
        }
        return gate.isGuardedByKeys();
    }

    private static KeyRing.Draft draft(Fields fields, boolean first) {
        String name = fields.required("name").text("name");
        String role = fields.required("role").text("role");
        Set<String> banks = new LinkedHashSet<>(fields.texts(BANKS));
        if (banks.isEmpty() && fields.has(BANKS) && !fields.isNull(BANKS)) {
            throw HttpError.field(400, BANKS, "[]", "at least one name, or null for all banks");
        }
        Instant expires = Request.parseTime("expires_at", fields.text("expires_at"));
        if (expires != null && !expires.isAfter(Instant.now())) {
            throw HttpError.field(400, "expires_at", expires.toString(), "a time in the future");
        }
        boolean hides = Boolean.TRUE.equals(fields.flag("hide_distance"));
        Role wanted = Role.of(String.valueOf(role))
                .orElseThrow(() -> HttpError.field(400, "role", role, "match, curate, admin, ops or node"));
        if (first && (wanted != Role.ADMIN || !banks.isEmpty() || hides || expires != null)) {
            throw HttpError.of(
                    400,
                    "role",
                    "role: the first key (expected: admin of all banks, without hide_distance and expires_at, since from then on"
                            + " every request needs a key)");
        }
        return new KeyRing.Draft(
                String.valueOf(name),
                wanted,
                banks,
                hides,
                fields.number("rate_per_second"),
                fields.integer("concurrent"),
                expires);
    }

    /** The key's own words, which begin with the field. */
    private static HttpError wrong(IllegalArgumentException e) {
        String message = String.valueOf(e.getMessage());
        String field = message.substring(0, Math.max(0, message.indexOf(':')));
        return HttpError.of(
                400,
                switch (field) {
                    case "rate" -> "rate_per_second";
                    case "bank" -> BANKS;
                    default -> field;
                },
                message);
    }

    private static ObjectNode json(Gate.Usage usage, Instant now) {
        Key key = usage.key();
        ObjectNode node = Json.object()
                .put("name", key.name())
                .put("state", key.stateAt(now))
                .put("role", key.role().wireName());
        KeyJson.put(node, key);
        return node.put("requests", usage.requests())
                .put("refused", usage.refused())
                .put("in_flight", usage.inFlight());
    }
}
