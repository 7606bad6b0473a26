package org.semblance.server.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Response;

class RouterTest {
    private final Router router = new Router(
            List.of(
                    route("GET", "/v1/banks"),
                    route("POST", "/v1/banks"),
                    route("GET", "/v1/banks/{bank}"),
                    route("GET", "/v1/banks/{bank}/content/{id:int}"),
                    route("GET", "/")),
            path -> Dialect.NATIVE);

    private static Route route(String method, String pattern) {
        Route.Immediate nothing = request -> Response.json(200, Map.of());
        return new Route(Dialect.NATIVE, method, pattern, Set.of(), Route.Takes.NOTHING, nothing);
    }

    private HttpError failure(String method, String path) {
        return catchThrowableOfType(HttpError.class, () -> router.find(method, path));
    }

    @Test
    void findsTheRouteAndTheValuesOfItsNames() {
        Router.Found found = router.find("GET", "/v1/banks/A_%C3%A9+b/content/17");
        assertThat(found.route().pattern()).isEqualTo("/v1/banks/{bank}/content/{id:int}");
        assertThat(found.names()).containsOnly(Map.entry("bank", "A_é+b"), Map.entry("id", "17"));
        assertThat(router.find("GET", "/").route().pattern()).isEqualTo("/");
    }

    @Test
    void tellsAnUnknownPathFromAMethodThePathDoesNotTake() {
        assertThat(failure("GET", "/nope").status).isEqualTo(404);
        assertThat(failure("GET", "/v1/banks/").status).isEqualTo(404);
        assertThat(failure("GET", "/v1/banks/B/content/abc").status).isEqualTo(404);
        HttpError refused = failure("DELETE", "/v1/banks");
        assertThat(refused.status).isEqualTo(405);
        assertThat(refused.headers).containsEntry("Allow", "GET, HEAD, OPTIONS, POST");
    }

    @Test
    void decodesEachSegmentOnItsOwnSoThatAnEncodedSlashSplitsNothing() {
        assertThat(router.find("GET", "/v1/banks/a%2Fb").names()).containsEntry("bank", "a/b");
    }

    @Test
    void takesARunOfSlashesForOne() {
        assertThat(Router.path("//v1///banks/B")).isEqualTo("/v1/banks/B");
        assertThat(Router.path("//")).isEqualTo("/");
        assertThat(Router.path("/v1/banks/")).isEqualTo("/v1/banks/");
        assertThat(Router.path("/v1/banks/%2F%2F")).isEqualTo("/v1/banks/%2F%2F");
    }

    @Test
    void refusesABrokenPercentEncoding() {
        assertThat(failure("GET", "/v1/banks/%zz").status).isEqualTo(400);
        assertThat(failure("GET", "/v1/banks/%e").status).isEqualTo(400);
    }

    @Test
    void answersHeadAsGetAndOptionsForEveryPath() {
        assertThat(router.find("HEAD", "/v1/banks").route().method()).isEqualTo("GET");
        assertThat(router.find("OPTIONS", "/v1/banks/B").route().method()).isEqualTo("OPTIONS");
        assertThat(failure("OPTIONS", "/nope").status).isEqualTo(404);
    }
}
