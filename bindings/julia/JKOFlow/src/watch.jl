# Stopping long work, and hearing of it.

"How far the work is: what a `do` block gets."
struct Progress
    struct_size::Csize_t
    "Iterations made so far, over all parts."
    iterations::Int64
    "Parts that are done, such as geodesics of a batch."
    done::Int64
    "Parts altogether, 0 where the work is in one piece."
    total::Int64
    "Relative change in the last iteration, NaN before the first one."
    residual::Float64
    "Seconds since the call."
    seconds::Float64
end

"Who listens to the call that a task is making, and what went wrong there."
mutable struct Watch
    listener::Any
    error::Any
end

# The library calls back on the task that called it, so the task's own storage tells who is meant, and no
# pointer to a Julia object ever leaves Julia.
const WATCH = :JKOFlow_watch
const TRAMPOLINE = Ref(C_NULL)

"What the library calls. No exception may leave it; a Ctrl-C that came during the work arrives here."
function trampoline(progress::Ptr{Progress}, ::Ptr{Cvoid})::Int32
    watch = get(task_local_storage(), WATCH, nothing)
    watch === nothing && return 0
    try
        stop = reenable_sigint(() -> hear(watch.listener, progress))
        return stop === true ? 1 : 0
    catch error
        watch.error = error
        return 1
    end
end

hear(::Nothing, ::Ptr{Progress}) = false
hear(listener, progress::Ptr{Progress}) = listener(unsafe_load(progress))

"""
Do long work, a call that returns a status. `listener` hears of its progress; it stops the work by
returning `true`, and what it throws is thrown here.
"""
function watched(work, listener)
    watch = Watch(listener, nothing)
    # Ctrl-C would unwind the library's frames; it waits until the library asks
    status = task_local_storage(() -> disable_sigint(work), WATCH, watch)
    watch.error === nothing || throw(watch.error)
    return check(status)
end

"Let functions take their `progress` as a `do` block."
macro listening(names...)
    methods = map(names) do name
        :($name(progress::Function, arguments...; options...) =
            $name(arguments...; progress = progress, options...))
    end
    return esc(Expr(:block, methods...))
end

@handle CancelToken jko_cancel_token_free """
    CancelToken()

A flag that stops all work that has it as its `cancel` option: set it by [`cancel!`](@ref), from any task
or thread.
"""

function CancelToken()
    token = CancelToken(empty, 0)
    check(@jko jko_cancel_token_new(slot(token)::Ptr{Ptr{Cvoid}})::Int32)
    return token
end

"""
    cancel!(token)

Ask all work under the token to stop after the iteration it is in.
"""
cancel!(token::CancelToken) = @jko jko_cancel_token_set(token::Ptr{Cvoid})::Cvoid

"""
    reset!(token)

Clear the token, so that later calls run.
"""
reset!(token::CancelToken) = @jko jko_cancel_token_reset(token::Ptr{Cvoid})::Cvoid

"""
    iscancelled(token)

Whether the token is set.
"""
iscancelled(token::CancelToken) = (@jko jko_cancel_token_is_set(token::Ptr{Cvoid})::Int32) != 0

summary_of(io::IO, token::CancelToken) = print(io, iscancelled(token) ? "set" : "not set")
