# Where the library is, how its functions are called, and what its errors become.

"""
An error of the library: its `status`, a negative number of the C header, and its `message`, which names
the argument, the index and the value. The library counts from 0, and where a message names a position
the error is shown with a note that says so. Positive statuses, results that are usable but not optimal,
are thrown only by functions whose result has no place for them.
"""
struct JKOFlowError <: Exception
    status::Int32
    message::String
end

const INVALID_ARGUMENT = Int32(-8)
const NULL_POINTER = Int32(-1)
const CANCELLED = Int32(5)

function Base.showerror(io::IO, error::JKOFlowError)
    print(io, "JKOFlowError(", error.status, "): ", error.message, note_on_positions(error.message))
end

# Numbers by which a message of the library names a place. The exponent of `power[2]` and the hops of
# `interaction_by_hops[1]` are none, and a row and a column joined by "and" count as the caller counts.
const POSITION = r"(?<!power|hops)\[\d+(, ?\d+)*\]|\b(node|edge|row|snapshot|block) \d++(?! and column)"

"What to add to a message whose positions count from 0, for readers who count from 1."
function note_on_positions(message)
    occursin(POSITION, message) || return ""
    # nodes that the library says are counted from 1 are the caller's own
    return occursin("counted from 1", message) ? " (positions in brackets count from 0)" :
        " (positions and nodes count from 0)"
end

"Version of the binary interface that this package was written for."
const ABI_VERSION = 0

const LIBRARY = Ref(C_NULL)
const LOADING = ReentrantLock()

"File that holds the path of the library, see [`JKOFlow.set_library`](@ref)."
preference_file() = joinpath(first(DEPOT_PATH), "prefs", "JKOFlow")

"""
    JKOFlow.set_library(path)

Remember where the shared library is (`libjkoflow.so`, `.dylib` or `jkoflow.dll`), for this and later runs
of Julia. The environment variable `JKOFLOW_LIBRARY` has precedence.
"""
function set_library(path::AbstractString)
    isfile(path) || throw(ArgumentError("there is no file $path"))
    mkpath(dirname(preference_file()))
    write(preference_file(), abspath(path))
    return nothing
end

"Where to look for the library, and who says so."
function library_path()
    path = get(ENV, "JKOFLOW_LIBRARY", "")
    isempty(path) || return path, "the environment variable JKOFLOW_LIBRARY"
    if isfile(preference_file())
        return strip(read(preference_file(), String)), preference_file()
    end
    return (Sys.iswindows() ? "jkoflow" : "libjkoflow"), "the directories of the system"
end

"Load the library and compare its interface with this package."
function load_library()
    path, origin = library_path()
    handle = dlopen(path; throw_error = false)
    handle === nothing && error("""
        JKOFlow cannot load its library $path, named by $origin.
        Build it with `cargo build --release` in the sources of jkoflow, then do one of these:
          - set the environment variable JKOFLOW_LIBRARY to the path of target/release/libjkoflow.$dlext,
          - call JKOFlow.set_library(path) once,
          - install the library where the system's loader finds it.""")
    abi = ccall(dlsym(handle, :jko_abi_version), Int32, ())
    abi == ABI_VERSION || error(
        "$path, named by $origin, has the binary interface $abi, but this package needs $ABI_VERSION")
    LIBRARY[] = handle
    try
        check_options()
    catch
        LIBRARY[] = C_NULL
        rethrow()
    end
    return handle
end

"Address of a function of the library, looked up once for each place that calls it."
function address(place::Base.RefValue{Ptr{Cvoid}}, name::Symbol)
    if place[] == C_NULL
        LIBRARY[] == C_NULL && lock(() -> LIBRARY[] == C_NULL && load_library(), LOADING)
        place[] = dlsym(LIBRARY[], name)
    end
    return place[]
end

"""
`@jko f(a::T, ...)::R` calls the function `f` of the library. Three shorthands in place of a type stand
for several arguments: `v::Reals` and `v::Indices` for an array and its length, `A::Columns` for a matrix
with a distribution in each column (the library's rows) with its sizes and strides, `A::Strides` for one
without its sizes.
"""
macro jko(call)
    signature, result = call.args
    types, values = Any[], Any[]
    argument(value, type) = (push!(types, type); push!(values, value))
    for part in signature.args[2:end]
        value, type = part.args
        if type === :Reals || type === :Indices
            argument(value, type === :Reals ? :(Ptr{Float64}) : :(Ptr{Int64}))
            argument(:(length($value)), :Csize_t)
        elseif type === :Columns || type === :Strides
            argument(value, :(Ptr{Float64}))
            if type === :Columns
                argument(:(size($value, 2)), :Csize_t)
                argument(:(size($value, 1)), :Csize_t)
            end
            argument(:(stride($value, 2)), :Cptrdiff_t)
            argument(:(stride($value, 1)), :Cptrdiff_t)
        elseif value isa Symbol && type in (:Csize_t, :UInt64, :Int64, :Int32)
            argument(:(whole($(QuoteNode(value)), $value, $type)), type)
        else
            argument(value, type)
        end
    end
    pointer = :($address($(Ref(C_NULL)), $(QuoteNode(signature.args[1]))))
    return esc(:(ccall($pointer, $result, ($(types...),), $(values...))))
end

"A whole number as the library takes it, by the name that the caller knows."
function whole(name::Symbol, value::Real, ::Type{T}) where {T}
    isinteger(value) && typemin(T) <= value <= typemax(T) && return convert(T, value)
    throw(ArgumentError("$name = $value; it can be a whole number from $(typemin(T)) to $(typemax(T))"))
end

"Throw where a status is an error; otherwise hand it on."
check(status::Int32) = status < 0 ? throw(JKOFlowError(status, last_error(status))) : status

"Throw where a status is not success, for results that are nothing but numbers."
check_converged(status::Int32) = status == 0 ? status : throw(JKOFlowError(status, last_error(status)))

"Throw where a call left no result behind: it failed, or was stopped before there was one."
function check_found(status::Int32, result)
    check(status)
    isopen(result) || throw(JKOFlowError(status, last_error(status)))
    return nothing
end

"What a status means, and the details of the last failure on this thread."
function last_error(status::Int32)
    details = text() do buffer, capacity
        @jko jko_last_error(buffer::Ptr{UInt8}, capacity::Csize_t)::Csize_t
    end
    meaning = status_message(status)
    startswith(details, meaning) && return details
    return isempty(details) ? meaning : "$meaning: $details"
end

"What a status means, in one line."
status_message(status) = unsafe_string(@jko jko_status_message(status::Int32)::Cstring)

"Text that the library copies into a buffer, after it has told how long it is."
function text(copy)
    buffer = zeros(UInt8, copy(C_NULL, 0))
    isempty(buffer) && return ""
    copy(buffer, length(buffer))
    return unsafe_string(pointer(buffer))
end

"""
    JKOFlow.version()

Version of the library that runs.
"""
version() = VersionNumber(unsafe_string(@jko jko_version()::Cstring))
