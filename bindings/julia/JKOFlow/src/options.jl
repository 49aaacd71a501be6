# Options by name, as the library lists them.

const GROUPS = (graph = 0, geodesic = 1, bound = 2, flow = 3, barycentre = 4, fit = 5, flow_fit = 7,
    count_fit = 8)
const OPTION_BYTES = (8, 8, 4, sizeof(Ptr{Cvoid}))
const OPTION_POINTER = Int32(3)

"The number of a group."
function group_code(group::Symbol)
    haskey(GROUPS, group) ||
        throw(ArgumentError("group = :$group; it can be $(join(repr.(keys(GROUPS)), ", "))"))
    return Int32(GROUPS[group])
end

"An options struct of the library, and the token that it points to."
struct Options
    group::Int32
    memory::Vector{UInt64}
    token::Union{CancelToken,Nothing}
end

Base.unsafe_convert(::Type{Ptr{Cvoid}}, options::Options) = Ptr{Cvoid}(pointer(options.memory))

"The options of a group with the given settings; all but those of a graph report to the trampoline."
function Options(group::Symbol, settings; cancel = nothing)
    code = group_code(group)
    size = @jko jko_options_size(code::Int32)::Csize_t
    options = Options(code, zeros(UInt64, cld(size, 8)), cancel)
    check(@jko jko_options_init(code::Int32, options::Ptr{Cvoid}, size::Csize_t)::Int32)
    for (name, value) in pairs(settings)
        set!(options, group, name === :tol ? :tolerance : name, value)
    end
    if group !== :graph
        set_pointer!(options, "progress", TRAMPOLINE[])
        cancel === nothing ||
            set_pointer!(options, "cancel", Base.unsafe_convert(Ptr{Cvoid}, cancel))
    end
    return options
end

function set!(options::Options, group::Symbol, name::Symbol, value)
    known = [option.name for option in JKOFlow.options(group)]
    name in known || throw(ArgumentError("no option $name; there are $(join(known, ", "))"))
    number = choice(name, value)
    check(@jko jko_options_set(options.group::Int32, options::Ptr{Cvoid}, name::Cstring,
        number::Float64)::Int32)
end

function set_pointer!(options::Options, name::String, address::Ptr{Cvoid})
    check(@jko jko_options_set_pointer(options.group::Int32, options::Ptr{Cvoid}, name::Cstring,
        address::Ptr{Cvoid})::Int32)
end

"""
    JKOFlow.options(group)

The options that functions take as keywords: a table of `name`, `default` and `text`. Groups are
`:graph`, `:geodesic`, `:bound`, `:flow`, `:barycentre`, `:fit`, `:flow_fit` and `:count_fit`. Choices are
given as symbols, such as `mean = :geometric`; `tol` is short for `tolerance`.
"""
function options(group::Symbol)
    code = group_code(group)
    count = @jko jko_options_count(code::Int32)::Csize_t
    fields = filter(i -> option_kind(code, i) != OPTION_POINTER, 0:Int(count)-1)
    return map(fields) do i
        (name = Symbol(unsafe_string(@jko jko_options_name(code::Int32, i::Csize_t)::Cstring)),
         default = (@jko jko_options_default(code::Int32, i::Csize_t)::Float64),
         text = unsafe_string(@jko jko_options_text(code::Int32, i::Csize_t)::Cstring))
    end
end

option_kind(code, index) = @jko jko_options_kind(code::Int32, index::Csize_t)::Int32

"Whether the structs of the library have room for what it lists; asked when it is loaded."
function check_options()
    for (name, code) in pairs(GROUPS)
        count = Int(@jko jko_options_count(code::Int32)::Csize_t)
        kinds = [option_kind(code, i) for i in 0:count-1]
        all(kind -> 0 <= kind < length(OPTION_BYTES), kinds) ||
            error("the library has an option of $name of a kind that this package does not know")
        needed = sizeof(Csize_t) + sum(kind -> OPTION_BYTES[kind + 1], kinds)
        size = Int(@jko jko_options_size(code::Int32)::Csize_t)
        needed <= size <= 4096 || error("options of $name have $size bytes, but need $needed")
    end
end
