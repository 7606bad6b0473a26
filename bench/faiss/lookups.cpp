// Times FAISS on the hashes and queries of `bench/run index-files`, exact settings only.
//
//   faiss-lookups HASHES QUERIES DISTANCE SECONDS THREADS INDEX...
//
// HASHES and QUERIES are files of 32-byte hashes. INDEX is "flat" or "multihash:TABLES:BITS:FLIPS", which is exact if
// DISTANCE / TABLES, rounded down, is at most FLIPS. Prints a line for each index and number of threads:
// name, threads, seconds of building, queries, seconds, hits.
#include <faiss/IndexBinaryFlat.h>
#include <faiss/IndexBinaryHash.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {
constexpr int BYTES = 32;
constexpr size_t ADDED_AT_ONCE = 1 << 20;
// FAISS looks queries up by several threads if there are more than a hundred of them.
constexpr size_t BATCH = 128;

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<uint8_t> read(const char* name) {
    std::ifstream file(name, std::ios::binary | std::ios::ate);
    if (!file) {
        throw std::runtime_error(std::string("cannot read ") + name);
    }
    std::vector<uint8_t> bytes(file.tellg());
    file.seekg(0);
    file.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
    return bytes;
}

std::unique_ptr<faiss::IndexBinary> make(const std::string& name, int distance) {
    if (name == "flat") {
        return std::make_unique<faiss::IndexBinaryFlat>(8 * BYTES);
    }
    int tables = 0, bits = 0, flips = 0;
    if (sscanf(name.c_str(), "multihash:%d:%d:%d", &tables, &bits, &flips) != 3 || tables * bits > 8 * BYTES) {
        throw std::runtime_error("index: " + name + " (expected: flat or multihash:TABLES:BITS:FLIPS)");
    }
    if (distance / tables > flips) {
        throw std::runtime_error(name + " is not exact at distance " + std::to_string(distance));
    }
    auto index = std::make_unique<faiss::IndexBinaryMultiHash>(8 * BYTES, tables, bits);
    index->nflip = flips;
    return index;
}

void use(int threads, const cpu_set_t& all) {
    cpu_set_t cores = all;
    if (threads == 1) {
        CPU_ZERO(&cores);
        for (int core = 0; CPU_COUNT(&cores) == 0; core++) {
            if (CPU_ISSET(core, &all)) {
                CPU_SET(core, &cores);
            }
        }
    }
    sched_setaffinity(0, sizeof cores, &cores);
    omp_set_num_threads(threads);
}

void measure(
        const std::string& name,
        faiss::IndexBinary& index,
        const std::vector<uint8_t>& queries,
        int distance,
        double atMost,
        int threads,
        double built) {
    size_t count = queries.size() / BYTES, done = 0, hits = 0;
    auto start = Clock::now();
    while (done < count && (done == 0 || since(start) < atMost)) {
        size_t batch = std::min(BATCH, count - done);
        faiss::RangeSearchResult found(batch);
        // FAISS reports distances strictly below the radius.
        index.range_search(batch, queries.data() + done * BYTES, distance + 1, &found);
        hits += found.lims[batch];
        done += batch;
    }
    printf("%s %d %.1f %zu %.4f %zu\n", name.c_str(), threads, built, done, since(start), hits);
    fflush(stdout);
}
} // namespace

int main(int argc, char** argv) {
    if (argc < 7) {
        fprintf(stderr, "usage: faiss-lookups HASHES QUERIES DISTANCE SECONDS THREADS INDEX...\n");
        return 2;
    }
    try {
        cpu_set_t all;
        sched_getaffinity(0, sizeof all, &all);
        auto hashes = read(argv[1]);
        auto queries = read(argv[2]);
        int distance = atoi(argv[3]);
        double seconds = atof(argv[4]);
        int most = atoi(argv[5]);
        for (int i = 6; i < argc; i++) {
            auto index = make(argv[i], distance);
            use(most, all);
            auto start = Clock::now();
            for (size_t at = 0; at < hashes.size(); at += ADDED_AT_ONCE * BYTES) {
                index->add(std::min(ADDED_AT_ONCE, (hashes.size() - at) / BYTES), hashes.data() + at);
            }
            double built = since(start);
            for (int threads = 1; threads <= most; threads += std::max(1, most - 1)) {
                use(threads, all);
                measure(argv[i], *index, queries, distance, seconds, threads, built);
            }
        }
    } catch (const std::exception& e) {
        fprintf(stderr, "faiss-lookups: %s\n", e.what());
        return 1;
    }
}
