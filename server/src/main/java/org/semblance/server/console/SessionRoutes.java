package org.semblance.server.console;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.server.auth.AccessRefusedException;
import org.semblance.server.auth.Caller;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.Session;
import org.semblance.server.auth.Sessions;
import org.semblance.server.auth.SignInLimit;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Fields;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.http.WebPage;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/session}: signs a person in to the console with a key, tells who is signed in, and signs out. */
public final class SessionRoutes {
    private static final String PATTERN = "/v1/session";

    /** A name, a slash and the longest name of a key fit into the journal's actor. */
    private static final int MOST_NAME_CHARS = 100;

    private final Gate gate;
    private final SignInLimit limit = new SignInLimit();

    public SessionRoutes(Gate gate) {
        this.gate = gate;
    }

    public List<Route> routes() {
        return List.of(
                new Route(Dialect.NATIVE, "POST", PATTERN, Set.of(), Route.Takes.JSON, null, (Route.Immediate)
                        this::signIn),
                Route.get(Dialect.NATIVE, null, PATTERN, this::tell),
                new Route(Dialect.NATIVE, "DELETE", PATTERN, Set.of(), Route.Takes.NOTHING, null, (Route.Immediate)
                        this::signOut));
    }

    private Response signIn(Request request) {
        WebPage page = request.page();
        page.requireConsole();
        if (!page.isOnTls() && !page.isOnLoopback()) {
            throw new HttpError(
                    403,
                    "the key would cross the network in the clear (expected: https, or a browser on the machine of the server)");
        }
        Fields fields =
                Fields.of(request.json(), Set.of("key", "name")).required("key").required("name");
        String secret = String.valueOf(fields.text("key"));
        String person = name(fields.text("name"));
        long now = System.nanoTime();
        long wait = limit.waitSeconds(request.clientAddress(), now);
        if (wait > 0) {
            throw new HttpError(
                    429,
                    "five tries to sign in failed within a minute (expected: a pause)",
                    Map.of("Retry-After", Long.toString(wait)));
        }
        String keySha256;
        try {
            keySha256 = gate.signIn(secret);
        } catch (AccessRefusedException e) {
            limit.failed(request.clientAddress(), now);
            throw HttpError.of(401, "key", "key: " + e.getMessage());
        }
        gate.sessions().end(page.cookie());
        String token = gate.sessions().begin(keySha256, person);
        Session session = gate.sessions().find(token, false).orElseThrow();
        return answer(session).with(Map.of("Set-Cookie", cookie(page, token, Sessions.LONGEST.toSeconds())));
    }

    private static String name(@Nullable String given) {
        String name = given == null ? "" : given.strip();
        if (name.isEmpty() || name.length() > MOST_NAME_CHARS || name.chars().anyMatch(Character::isISOControl)) {
            throw HttpError.field(
                    400, "name", given, "1 to " + MOST_NAME_CHARS + " characters, your name for the journal");
        }
        return name;
    }

    private static String cookie(WebPage page, String token, long seconds) {
        return page.cookieName() + "=" + token + "; Path=/; Max-Age=" + seconds + "; HttpOnly; SameSite=Strict"
                + (page.isOnTls() ? "; Secure" : "");
    }

    /** Where no key is asked for, nobody needs to sign in, and the answer says so. */
    private Response tell(Request request) {
        if (!gate.asksForKeys()) {
            return Response.json(
                    200,
                    Json.object()
                            .put("open", true)
                            .put("role", Role.ADMIN.wireName())
                            .put("hide_distance", false));
        }
        WebPage page = request.page();
        if (!page.isOwn()) {
            throw none();
        }
        return answer(gate.sessions().find(page.cookie(), page.isUse()).orElseThrow(SessionRoutes::none));
    }

    private Response answer(Session session) {
        Caller caller = gate.admit(session, null, false).caller();
        Role role = caller.role();
        if (role == null) {
            throw none();
        }
        ObjectNode answer = Json.object().put("key", caller.key()).put("role", role.wireName());
        if (!caller.banks().isEmpty()) {
            caller.banks().stream().sorted().forEach(answer.putArray("banks")::add);
        }
        answer.put("hide_distance", !caller.seesDistance())
                .put("name", session.person())
                .put("expires_at", session.endsAt().toString())
                .put("idle_minutes", Sessions.IDLE.toMinutes());
        return Response.json(200, answer).with(Map.of("Cache-Control", "no-store"));
    }

    private static HttpError none() {
        return new HttpError(401, "nobody is signed in");
    }

    private Response signOut(Request request) {
        WebPage page = request.page();
        page.requireConsole();
        gate.sessions().end(page.cookie());
        return new Response(204, "application/json", new byte[0], Map.of("Set-Cookie", cookie(page, "", 0)));
    }
}
