/* What the C++ tests share: counted checks. */
#ifndef EXPECT_HPP
#define EXPECT_HPP

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <jkoflow.hpp>

inline int failures = 0;

#define EXPECT(condition)                                                                               \
    do {                                                                                                \
        if (!(condition)) {                                                                             \
            std::printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            failures++;                                                                                 \
        }                                                                                               \
    } while (0)

inline bool near(double found, double expected, double tolerance) {
    if (std::abs(found - expected) <= tolerance) {
        return true;
    }
    std::printf("%.17g is not %.17g\n", found, expected);
    return false;
}

inline bool near(const std::vector<double> &found, const std::vector<double> &expected,
                 double tolerance) {
    bool all = found.size() == expected.size();
    for (std::size_t k = 0; all && k < found.size(); k++) {
        all = near(found[k], expected[k], tolerance);
    }
    return all;
}

/* The status that an expression throws, OK where it throws nothing. */
template <class Act> jkoflow::Status thrown(Act &&act) {
    try {
        act();
    } catch (const jkoflow::Error &error) {
        return error.status();
    }
    return JKO_STATUS_OK;
}

/* What `main` returns. */
inline int verdict(const char *name) {
    if (failures == 0) {
        std::printf("%s: all checks passed\n", name);
    }
    return failures == 0 ? 0 : 1;
}

#endif
