/* The one owner of a C handle. */
#ifndef JKOFLOW_OWNER_HPP
#define JKOFLOW_OWNER_HPP

#include <memory>

#include "error.hpp"

namespace jkoflow {
namespace detail {

/* Owns a handle until it is destroyed or moved from. */
template <class Handle, void (*release)(Handle *)> class Owner {
public:
    Owner() noexcept = default;
    explicit Owner(Handle *handle) noexcept : handle_(handle) {}

    /* The handle; throws where there is none because it was moved away. */
    Handle *get() const {
        if (!handle_) {
            throw Error(JKO_STATUS_NULL_POINTER, "the object was moved from");
        }
        return handle_.get();
    }

    /* Takes what a constructor of the C interface made. Work that stopped with nothing to show throws,
     * even where its status is positive. */
    template <class Make> static Owner make(Make &&make) {
        Handle *handle = nullptr;
        const Status status = make(&handle);
        Owner owner(handle);
        if (handle == nullptr) {
            throw last_error(status);
        }
        check(status);
        return owner;
    }

private:
    struct Release {
        void operator()(Handle *handle) const noexcept { release(handle); }
    };

    std::unique_ptr<Handle, Release> handle_;
};

} // namespace detail
} // namespace jkoflow

#endif
