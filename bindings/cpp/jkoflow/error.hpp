/* Errors as exceptions, and the versions. */
#ifndef JKOFLOW_ERROR_HPP
#define JKOFLOW_ERROR_HPP

#include <jkoflow.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace jkoflow {

/* 0 is success, a positive status a usable result that is not optimal, a negative one an error; the
 * constants are JKO_STATUS_... */
using Status = jko_status;

/* What a call of the library failed with. `what()` is the status in words, then argument, index and
 * value. */
class Error : public std::runtime_error {
public:
    Error(Status status, const std::string &detail)
        : std::runtime_error(text(status, detail)), status_(status) {}

    Status status() const noexcept { return status_; }

private:
    static std::string text(Status status, const std::string &detail) {
        std::string message = jko_status_message(status);
        if (detail.compare(0, message.size(), message) == 0) {
            return detail; // which begins with the same words
        }
        return detail.empty() ? message : message + ": " + detail;
    }

    Status status_;
};

/* The version of the library that runs, such as "0.1.0". */
inline std::string version() { return jko_version(); }

/* Throws where the library that runs is not of the kind that this program was compiled for. */
inline void check_version() {
    const std::int32_t found = jko_abi_version();
    if (found != JKO_ABI_VERSION) {
        throw std::runtime_error(
            "the program was compiled for version " + std::to_string(JKO_ABI_VERSION) +
            " of jkoflow's binary interface, but the library has version " + std::to_string(found));
    }
}

namespace detail {

/* Text of the library, from a function that copies it as `jko_last_error` does. */
template <class Copy> std::string text(Copy &&copy) {
    std::string text(copy(nullptr, 0), '\0');
    if (!text.empty()) {
        copy(text.data(), text.size());
        text.pop_back(); // the NUL
    }
    return text;
}

/* The error of the call that this thread made last. */
inline Error last_error(Status status) {
    return Error(status,
                 text([](char *buffer, std::size_t size) { return jko_last_error(buffer, size); }));
}

/* Throws an error; hands on success and usable results. */
inline Status check(Status status) {
    if (status < JKO_STATUS_OK) {
        throw last_error(status);
    }
    return status;
}

} // namespace detail
} // namespace jkoflow

#endif
