/*
 * A client that looks hashes up at a server of this machine one after the other, over one connection: the next request leaves when the
 * answer to the last has come. In C, since a client in Java takes as long for a request as the server does.
 *
 *   client PORT SECONDS SEED
 *
 * Prints the requests a second, and the times of the answers.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_ANSWERS 10000000

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *) a, y = *(const float *) b;
    return x < y ? -1 : x > y;
}

static void fail(const char *what) {
    fprintf(stderr, "lone: %s\n", what);
    exit(1);
}

/* Vigna's SplitMix64. */
static uint64_t next(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* Sends a lookup and reads its answer: a head, and a body of the length that the head announces. */
static void ask(int socket, const char *request, size_t length) {
    static char answer[65536];
    size_t got = 0;
    if (send(socket, request, length, MSG_NOSIGNAL) != (ssize_t) length) fail("the request could not be sent");
    for (;;) {
        ssize_t more = recv(socket, answer + got, sizeof answer - 1 - got, 0);
        if (more <= 0) fail("the connection ended");
        got += more;
        answer[got] = 0;
        char *body = strstr(answer, "\r\n\r\n");
        if (body == NULL) continue;
        char *announced = strcasestr(answer, "content-length:");
        if (announced == NULL || strncmp(answer, "HTTP/1.1 200", 12) != 0) fail(answer);
        if (got >= (size_t) (body + 4 - answer) + strtoul(announced + 15, NULL, 10)) return;
    }
}

int main(int count, char **arguments) {
    if (count != 4) fail("expected: PORT SECONDS SEED");
    struct sockaddr_in server = {
        .sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uint64_t seed = strtoull(arguments[3], NULL, 10);
    int to = socket(AF_INET, SOCK_STREAM, 0), at_once = 1;
    if (connect(to, (struct sockaddr *) &server, sizeof server)) fail("no server answers at this port");
    setsockopt(to, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    float *times = malloc(MOST_ANSWERS * sizeof *times);
    if (times == NULL) fail("no memory");
    size_t answers = 0;
    double begin = seconds(), end = begin + atof(arguments[2]), now = begin;
    while (now < end && answers < MOST_ANSWERS) {
        char request[256];
        int length = snprintf(
            request, sizeof request,
            "GET /m/lookup?signal_type=pdq&signal=%016llx%016llx%016llx%016llx HTTP/1.1\r\nHost: localhost\r\n\r\n",
            (unsigned long long) next(&seed), (unsigned long long) next(&seed), (unsigned long long) next(&seed),
            (unsigned long long) next(&seed));
        double asked = seconds();
        ask(to, request, length);
        now = seconds();
        times[answers++] = now - asked;
    }
    qsort(times, answers, sizeof *times, by_size);
    printf(
        "%.0f requests/s, p50 %.1f us, p99 %.1f us, %zu answers\n", answers / (now - begin), times[answers / 2] * 1e6,
        times[answers * 99 / 100] * 1e6, answers);
    close(to);
    return 0;
}
