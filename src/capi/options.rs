//! Options structs: their one table, and how they come from C.

use std::ffi::c_void;
use std::mem::{self, offset_of};

use super::bounds::jko_bound_options;
use super::count_fit::jko_count_fit_options;
use super::fit_options::{
    jko_fit_options, jko_ridge, JKO_LOSS_SYMMETRIC, JKO_WEIGHT_METRIC, JKO_ZEROS_REFUSE,
};
use super::fit_options::{JKO_TERM_ENTROPY, JKO_TERM_POTENTIAL};
use super::flow::jko_flow_options;
use super::flow_fit::{jko_flow_fit_options, JKO_NOISE_GAUSSIAN, NOISE_BLOCK};
use super::geodesic::{jko_geodesic_options, JKO_METHOD_AUTOMATIC};
use super::geometry::jko_barycentre_options;
use super::graph::jko_graph_options;
use super::graph::{JKO_DUPLICATES_REFUSE, JKO_MEAN_LOGARITHMIC, JKO_REFERENCE_DEGREE};
use super::input::not_null;
use super::option_names::{JKO_OPTION_COUNT, JKO_OPTION_INTEGER, JKO_OPTION_POINTER, JKO_OPTION_REAL};
use super::status::{Failure, JKO_STATUS_INVALID_ARGUMENT, JKO_STATUS_STRUCT_SIZE};
use crate::fit::{CountFitOptions, FlowFitOptions};
use crate::flow::FlowOptions;
use crate::geodesic::{BoundOptions, GeodesicOptions};
use crate::geometry::BarycentreOptions;

/// An options struct of C: `repr(C)`, first field `size_t struct_size`, no padding, and nothing but
/// integers, doubles and pointers.
///
/// # Safety
/// Every pattern of bytes is a valid value, and the table gives each field its own offset and type.
pub(super) unsafe trait Options: Copy {
    /// Name of the struct, for messages.
    const NAME: &'static str;

    /// The fields that programs set.
    const FIELDS: &'static [Field];
}

/// A field of an options struct.
pub(super) struct Field {
    /// Its name, with a NUL at the end.
    pub name: &'static str,
    /// What it means, in one line, with a NUL at the end.
    pub text: &'static str,
    pub offset: usize,
    /// A `JKO_OPTION_` constant.
    pub kind: i32,
    pub default: fn() -> f64,
}

impl Field {
    /// The offset of what follows.
    pub fn end(&self) -> usize {
        self.offset
            + match self.kind {
                JKO_OPTION_REAL | JKO_OPTION_COUNT => 8,
                JKO_OPTION_INTEGER => 4,
                _ => mem::size_of::<*mut c_void>(),
            }
    }
}

/// An options struct without its type.
pub(super) struct Group {
    pub name: &'static str,
    pub fields: &'static [Field],
    pub size: usize,
    pub align: usize,
}

macro_rules! field {
    ($type:ident, $field:ident, $kind:expr, $default:expr, $text:expr) => {
        Field {
            name: concat!(stringify!($field), "\0"),
            text: concat!($text, "\0"),
            offset: offset_of!($type, $field),
            kind: $kind,
            default: || $default,
        }
    };
}

/// `watched` structs go on with what all long work has, and then with the fields of that second block.
macro_rules! options {
    ($(
        $type:ident { $($field:ident: $kind:ident = $default:expr, $text:literal;)* }
        $(+ watched { $($later:ident: $later_kind:ident = $later_default:expr, $later_text:literal;)* })?
    )*) => {
        $(
            // SAFETY: `repr(C)` without padding, of integers, doubles and pointers that may be NULL;
            // a test compares the table with the header.
            unsafe impl Options for $type {
                const NAME: &'static str = stringify!($type);
                const FIELDS: &'static [Field] = &[
                    $(field!($type, $field, $kind, $default, $text),)*
                    $(
                        field!($type, cancel, JKO_OPTION_POINTER, 0.0,
                            "jko_cancel_token that stops the work, or NULL"),
                        field!($type, progress, JKO_OPTION_POINTER, 0.0,
                            "jko_progress_callback, or NULL"),
                        field!($type, user_data, JKO_OPTION_POINTER, 0.0,
                            "what the callback gets, untouched"),
                        field!($type, memory_limit, JKO_OPTION_COUNT, 0.0,
                            "bytes that a piece of the work may take on a thread; 0 sets no limit"),
                        $(field!($type, $later, $later_kind, $later_default, $later_text),)*
                    )?
                ];
            }
        )*
        /// All options structs, at their `JKO_OPTIONS_` constants.
        pub(super) const GROUPS: &[Group] = &[$(Group {
            name: stringify!($type),
            fields: <$type as Options>::FIELDS,
            size: mem::size_of::<$type>(),
            align: mem::align_of::<$type>(),
        },)*];
    };
}

options! {
    jko_graph_options {
        reference: JKO_OPTION_INTEGER = JKO_REFERENCE_DEGREE.into(),
            "reference measure, a JKO_REFERENCE_ constant";
        duplicates: JKO_OPTION_INTEGER = JKO_DUPLICATES_REFUSE.into(),
            "what becomes of an edge given twice, a JKO_DUPLICATES_ constant";
        index_base: JKO_OPTION_INTEGER = 0.0,
            "number of the first node and matrix entry, 0 or 1";
    }
    jko_geodesic_options {
        tolerance: JKO_OPTION_REAL = GeodesicOptions::default().tolerance.unwrap_or(0.0),
            "relative accuracy of distance and end potentials; 0 chooses";
        max_iterations: JKO_OPTION_COUNT = GeodesicOptions::default().max_iterations as f64,
            "iterations after which the solver gives up";
        mean: JKO_OPTION_INTEGER = JKO_MEAN_LOGARITHMIC.into(),
            "mobility mean, a JKO_MEAN_ constant";
        method: JKO_OPTION_INTEGER = JKO_METHOD_AUTOMATIC.into(),
            "what runs, a JKO_METHOD_ constant";
    } + watched {}
    jko_bound_options {
        gap: JKO_OPTION_REAL = BoundOptions::default().gap,
            "relative gap between the bounds that is wanted";
        first_intervals: JKO_OPTION_COUNT = BoundOptions::default().first_intervals as f64,
            "equal intervals of time to begin with";
        max_intervals: JKO_OPTION_COUNT = BoundOptions::default().max_intervals as f64,
            "largest number of intervals";
    } + watched {}
    jko_flow_options {
        tolerance: JKO_OPTION_REAL = FlowOptions::default().tolerance,
            "largest relative error of a step in any mass";
        max_steps: JKO_OPTION_COUNT = FlowOptions::default().max_steps as f64,
            "steps after which the integration gives up";
        mean: JKO_OPTION_INTEGER = JKO_MEAN_LOGARITHMIC.into(),
            "mobility mean, a JKO_MEAN_ constant";
    } + watched {}
    jko_barycentre_options {
        tolerance: JKO_OPTION_REAL = BarycentreOptions::default().tolerance,
            "largest relative norm of the gradient";
        max_iterations: JKO_OPTION_COUNT = BarycentreOptions::default().max_iterations as f64,
            "iterations after which the descent gives up";
        mean: JKO_OPTION_INTEGER = JKO_MEAN_LOGARITHMIC.into(),
            "mobility mean, a JKO_MEAN_ constant";
    } + watched {}
    jko_fit_options {
        tolerance: JKO_OPTION_REAL = GeodesicOptions::default().tolerance.unwrap_or(0.0),
            "relative accuracy of the geodesics between snapshots; 0 chooses";
        max_iterations: JKO_OPTION_COUNT = GeodesicOptions::default().max_iterations as f64,
            "iterations after which a geodesic is given up";
        mean: JKO_OPTION_INTEGER = JKO_MEAN_LOGARITHMIC.into(),
            "mobility mean, a JKO_MEAN_ constant";
        loss: JKO_OPTION_INTEGER = JKO_LOSS_SYMMETRIC.into(),
            "where the optimality condition is required, a JKO_LOSS_ constant";
        terms: JKO_OPTION_INTEGER = (JKO_TERM_POTENTIAL | JKO_TERM_ENTROPY).into(),
            "what is learned, a sum of JKO_TERM_ constants";
        weight: JKO_OPTION_INTEGER = JKO_WEIGHT_METRIC.into(),
            "how much edges count, a JKO_WEIGHT_ constant";
        zeros: JKO_OPTION_INTEGER = JKO_ZEROS_REFUSE.into(),
            "what becomes of empty nodes, a JKO_ZEROS_ constant";
        zeros_share: JKO_OPTION_REAL = 0.0,
            "share of the reference that JKO_ZEROS_MIX mixes in";
    } + watched {}
    jko_ridge {
        potential: JKO_OPTION_REAL = 0.0,
            "relative penalty on the squared potential";
        entropy: JKO_OPTION_REAL = 0.0,
            "relative penalty on the squared entropy coefficient";
    }
    jko_flow_fit_options {
        tolerance: JKO_OPTION_REAL = FlowFitOptions::default().flow.tolerance,
            "tolerance of the integration";
        max_steps: JKO_OPTION_COUNT = FlowFitOptions::default().flow.max_steps as f64,
            "steps after which an integration gives up";
        mixing: JKO_OPTION_REAL = FlowFitOptions::default().mixing,
            "share of the reference that is mixed into every snapshot";
        max_iterations: JKO_OPTION_COUNT = FlowFitOptions::default().max_iterations as f64,
            "iterations after which the fit gives up";
        mean: JKO_OPTION_INTEGER = JKO_MEAN_LOGARITHMIC.into(),
            "mobility mean, a JKO_MEAN_ constant";
        noise: JKO_OPTION_INTEGER = JKO_NOISE_GAUSSIAN.into(),
            "where standard errors come from, a JKO_NOISE_ constant";
    } + watched {
        noise_block: JKO_OPTION_COUNT = NOISE_BLOCK as f64,
            "steps of a block of noise";
    }
    jko_count_fit_options {
        tolerance: JKO_OPTION_REAL = CountFitOptions::default().flow.tolerance,
            "tolerance of the integration";
        max_steps: JKO_OPTION_COUNT = CountFitOptions::default().flow.max_steps as f64,
            "steps after which an integration gives up";
        pseudo_counts: JKO_OPTION_REAL = CountFitOptions::default().pseudo_counts,
            "individuals added to the first snapshot, spread like the reference";
        max_iterations: JKO_OPTION_COUNT = CountFitOptions::default().max_iterations as f64,
            "iterations after which the fit gives up";
        mean: JKO_OPTION_INTEGER = JKO_MEAN_LOGARITHMIC.into(),
            "mobility mean, a JKO_MEAN_ constant";
    } + watched {}
}

/// Struct sizes above this come from a struct that was never initialised.
const LARGEST_STRUCT: usize = 4096;

/// Writes a number into a field of the type that its kind says.
///
/// # Safety
/// The options reach beyond the field and may be written.
pub(super) unsafe fn write_field(options: *mut u8, field: &Field, value: f64) {
    // SAFETY: the field lies there and has this type, by the contract of `Options`.
    unsafe {
        let place = options.add(field.offset);
        match field.kind {
            JKO_OPTION_REAL => place.cast::<f64>().write(value),
            JKO_OPTION_COUNT => place.cast::<i64>().write(value as i64),
            JKO_OPTION_INTEGER => place.cast::<i32>().write(value as i32),
            _ => place.cast::<*mut c_void>().write(std::ptr::null_mut()),
        }
    }
}

/// Reads a number back.
///
/// # Safety
/// The options reach beyond the field.
pub(super) unsafe fn read_field(options: *const u8, field: &Field) -> f64 {
    // SAFETY: the field lies there and has this type, by the contract of `Options`.
    unsafe {
        let place = options.add(field.offset);
        match field.kind {
            JKO_OPTION_REAL => place.cast::<f64>().read(),
            JKO_OPTION_COUNT => place.cast::<i64>().read() as f64,
            JKO_OPTION_INTEGER => place.cast::<i32>().read().into(),
            _ => f64::NAN,
        }
    }
}

fn check_struct_size(name: &str, align: usize, size: usize) -> Result<(), Failure> {
    let first = mem::size_of::<usize>();
    if size < first || size > LARGEST_STRUCT || !size.is_multiple_of(align) {
        let message = format!("{name}: struct_size {size} is impossible; call its init function first");
        return Err(Failure::new(JKO_STATUS_STRUCT_SIZE, message));
    }
    Ok(())
}

/// The `struct_size` of options behind a pointer.
///
/// # Safety
/// A pointer that is not NULL points to options that begin with their size.
pub(super) unsafe fn size_of_struct(group: &Group, options: *const u8) -> Result<usize, Failure> {
    not_null(group.name, options.cast::<usize>())?;
    // SAFETY: every options struct begins with its size.
    let size = unsafe { options.cast::<usize>().read() };
    check_struct_size(group.name, group.align, size)?;
    Ok(size)
}

/// The documented defaults, with `struct_size` of this version.
fn defaults<T: Options>() -> T {
    // SAFETY: every pattern of bytes is a valid value; the fields lie inside.
    unsafe {
        let mut value: T = mem::zeroed();
        let bytes = (&raw mut value).cast::<u8>();
        bytes.cast::<usize>().write(mem::size_of::<T>());
        T::FIELDS.iter().for_each(|field| write_field(bytes, field, (field.default)()));
        value
    }
}

/// The options behind a pointer: NULL means the defaults, a smaller struct of an older header is laid
/// over them, a larger one of a newer header is accepted while what is unknown is zero.
///
/// # Safety
/// A pointer that is not NULL points to as many initialised bytes as the `struct_size` it begins with.
pub(super) unsafe fn read<T: Options>(pointer: *const T) -> Result<T, Failure> {
    let mut known = defaults::<T>();
    if pointer.is_null() {
        return Ok(known);
    }
    not_null(T::NAME, pointer)?;
    // SAFETY: every options struct begins with its size.
    let size = unsafe { pointer.cast::<usize>().read() };
    check_struct_size(T::NAME, mem::align_of::<T>(), size)?;
    // SAFETY: `size` bytes are there, by the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), size) };
    let (head, tail) = bytes.split_at(size.min(mem::size_of::<T>()));
    if let Some(at) = tail.iter().position(|&byte| byte != 0) {
        let message = format!(
            "{}: byte {} is set, which this version of the library does not know",
            T::NAME,
            head.len() + at
        );
        return Err(Failure::new(JKO_STATUS_STRUCT_SIZE, message));
    }
    // SAFETY: `head` is no longer than `T`, and every pattern of bytes is a valid `T`.
    unsafe {
        std::ptr::copy_nonoverlapping(head.as_ptr(), (&raw mut known).cast::<u8>(), head.len());
    }
    Ok(known)
}

/// Fills `size` bytes of an options struct with the defaults, and with zeros beyond what is known.
///
/// # Safety
/// A pointer that is not NULL points to `size` bytes that may be written.
pub(super) unsafe fn init<T: Options>(pointer: *mut T, size: usize) -> Result<(), Failure> {
    let align = mem::align_of::<T>();
    let group = Group { name: T::NAME, fields: T::FIELDS, size: mem::size_of::<T>(), align };
    not_null(T::NAME, pointer)?;
    // SAFETY: the same promise.
    unsafe { init_group(&group, pointer.cast::<u8>(), size) }
}

/// As [`init`], for a struct without its type.
///
/// # Safety
/// As [`init`].
pub(super) unsafe fn init_group(group: &Group, options: *mut u8, size: usize) -> Result<(), Failure> {
    not_null(group.name, options.cast_const().cast::<usize>())?;
    check_struct_size(group.name, group.align, size)?;
    // SAFETY: `size` bytes may be written, and the struct begins with its size. An older struct ends
    // before some of the fields, but never within one.
    unsafe {
        std::ptr::write_bytes(options, 0, size);
        options.cast::<usize>().write(size);
        for field in group.fields.iter().filter(|field| field.end() <= size) {
            write_field(options, field, (field.default)());
        }
    }
    Ok(())
}

/// Refuses a reserved field that is not zero: a newer program means something by it.
pub(super) fn reserved_zero(name: &str, value: i32) -> Result<(), Failure> {
    if value == 0 {
        return Ok(());
    }
    let message =
        format!("{name}: {value}, but a reserved field must be 0; call the init function first");
    Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message))
}
