/* Hearing of long work, and stopping it. */
#ifndef JKOFLOW_WATCH_HPP
#define JKOFLOW_WATCH_HPP

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "owner.hpp"

namespace jkoflow {

/* How far the work is: `iterations`, `done` of `total` parts, `residual`, `seconds`. */
using Progress = jko_progress;

/* Hears of progress on the calling thread, about every tenth of a second; false stops the work. What it
 * throws stops the work too, and comes out of the call that was watched. */
using ProgressCallback = std::function<bool(const Progress &)>;

/* A flag that stops all work that has it among its options. Any thread may set it. */
class CancelToken {
public:
    CancelToken()
        : owner_(Owner::make([](jko_cancel_token **out) { return jko_cancel_token_new(out); })) {}

    void set() const { jko_cancel_token_set(owner_.get()); }
    void reset() const { jko_cancel_token_reset(owner_.get()); }
    bool is_set() const { return jko_cancel_token_is_set(owner_.get()) != 0; }
    const jko_cancel_token *handle() const { return owner_.get(); }

private:
    using Owner = detail::Owner<jko_cancel_token, jko_cancel_token_free>;
    Owner owner_;
};

namespace detail {

/* Carries progress from C to a callback, and its exception around C. It stays where it is, since the
 * library knows its address. */
class Watcher {
public:
    explicit Watcher(ProgressCallback callback) : callback_(std::move(callback)) {}
    Watcher(const Watcher &) = delete;
    Watcher &operator=(const Watcher &) = delete;

    /* Writes itself, and the token and limit of `options`, into options of the C interface. */
    template <class Lowered, class Options> void attach(Lowered &lowered, const Options &options) {
        lowered.cancel = options.cancel == nullptr ? nullptr : options.cancel->handle();
        lowered.memory_limit = options.memory_limit;
        if (callback_) {
            lowered.progress = hear;
            lowered.user_data = this;
        }
    }

    /* Rethrows what the callback threw in the call that returned `status`, then what the call failed
     * with. */
    Status check(Status status) {
        rethrow();
        return detail::check(status);
    }

    /* The same for a call that has no result unless it comes to its end. */
    void finish(Status status) {
        if (check(status) != JKO_STATUS_OK) {
            throw last_error(status);
        }
    }

    /* The same for a call that makes a handle. */
    template <class Owner, class Make> Owner make(Make &&make) {
        return Owner::make([&](auto **out) {
            const Status status = make(out);
            if (thrown_ != nullptr) {
                const Owner unfinished(*out);
                *out = nullptr;
                rethrow();
            }
            return status;
        });
    }

private:
    void rethrow() {
        if (thrown_ != nullptr) {
            std::rethrow_exception(std::exchange(thrown_, nullptr));
        }
    }

    static std::int32_t hear(const jko_progress *progress, void *user_data) noexcept {
        Watcher &watcher = *static_cast<Watcher *>(user_data);
        if (watcher.thrown_ != nullptr) {
            return 1;
        }
        try {
            return watcher.callback_(*progress) ? 0 : 1;
        } catch (...) {
            watcher.thrown_ = std::current_exception();
            return 1;
        }
    }

    ProgressCallback callback_;
    std::exception_ptr thrown_;
};

} // namespace detail
} // namespace jkoflow

#endif
