# Objects of the library and how long they live.

"An object of the library. `close` frees it at once, garbage collection later; twice does no harm."
abstract type Handle end

"Declare a type of handle, with the function that frees it."
macro handle(name, free, doc)
    quote
        mutable struct $name <: Handle
            # filled by the constructor's call, so that what it made is freed whatever happens next
            slot::Base.RefValue{Ptr{Cvoid}}
            nodes::Int
            $name(::typeof(empty), nodes::Int) = finalizer(close, new(Ref(C_NULL), nodes))
        end
        release(::Type{$name}, pointer) = @jko $free(pointer::Ptr{Cvoid})::Cvoid
        @doc $doc $name
    end |> esc
end

"Where the library writes a new object."
slot(handle::Handle) = getfield(handle, :slot)

"Number of nodes of the object's graph."
nodes(handle::Handle) = getfield(handle, :nodes)

function Base.close(handle::Handle)
    pointer = slot(handle)[]
    slot(handle)[] = C_NULL
    pointer == C_NULL || release(typeof(handle), pointer)
    return nothing
end

Base.isopen(handle::Handle) = slot(handle)[] != C_NULL

function Base.unsafe_convert(::Type{Ptr{Cvoid}}, handle::Handle)
    isopen(handle) || throw(JKOFlowError(NULL_POINTER, "this $(nameof(typeof(handle))) is closed"))
    return slot(handle)[]
end

function Base.deepcopy_internal(handle::Handle, ::IdDict)
    throw(ArgumentError("a $(nameof(typeof(handle))) cannot be copied"))
end

"Handles show some of what is in them as properties: `property(handle, Val(name))`."
function Base.getproperty(handle::Handle, name::Symbol)
    name in propertynames(handle) || throw(ArgumentError(
        "a $(nameof(typeof(handle))) has no $name, but $(join(propertynames(handle), ", "))"))
    return property(handle, Val(name))
end

Base.propertynames(::Handle) = ()

"Shown in one line, also where the object is closed."
function Base.show(io::IO, handle::Handle)
    print(io, nameof(typeof(handle)), "(")
    isopen(handle) ? summary_of(io, handle) : print(io, "closed")
    print(io, ")")
end

summary_of(io::IO, handle::Handle) = print(io, nodes(handle), " nodes")
