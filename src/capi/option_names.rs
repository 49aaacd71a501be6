//! Options by name, for wrappers in other languages that list and set them without code for each.

use std::ffi::{c_char, c_void, CStr};

use super::guard::{guard, guard_value};
use super::input;
use super::options::{self, Field, Group, GROUPS};
use super::status::{jko_status, Failure};
use super::status::{JKO_STATUS_INVALID_ARGUMENT, JKO_STATUS_OK, JKO_STATUS_STRUCT_SIZE};

/// The struct `jko_graph_options`.
pub const JKO_OPTIONS_GRAPH: i32 = 0;
/// The struct `jko_geodesic_options`.
pub const JKO_OPTIONS_GEODESIC: i32 = 1;
/// The struct `jko_bound_options`.
pub const JKO_OPTIONS_BOUND: i32 = 2;
/// The struct `jko_flow_options`.
pub const JKO_OPTIONS_FLOW: i32 = 3;
/// The struct `jko_barycentre_options`.
pub const JKO_OPTIONS_BARYCENTRE: i32 = 4;
/// The struct `jko_fit_options`.
pub const JKO_OPTIONS_FIT: i32 = 5;
/// The struct `jko_ridge`.
pub const JKO_OPTIONS_RIDGE: i32 = 6;
/// The struct `jko_flow_fit_options`.
pub const JKO_OPTIONS_FLOW_FIT: i32 = 7;
/// The struct `jko_count_fit_options`.
pub const JKO_OPTIONS_COUNT_FIT: i32 = 8;

/// An option of type `double`.
pub const JKO_OPTION_REAL: i32 = 0;
/// An option of type `int64_t` that counts.
pub const JKO_OPTION_COUNT: i32 = 1;
/// An option of type `int32_t`, most of them a choice.
pub const JKO_OPTION_INTEGER: i32 = 2;
/// An option that is a pointer; NULL by default.
pub const JKO_OPTION_POINTER: i32 = 3;

/// Integers up to this size are exact as doubles.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn group(number: i32) -> Option<&'static Group> {
    usize::try_from(number).ok().and_then(|k| GROUPS.get(k))
}

fn known_group(number: i32) -> Result<&'static Group, Failure> {
    group(number).ok_or_else(|| {
        let message = format!("group: {number} is no JKO_OPTIONS_ constant");
        Failure::new(JKO_STATUS_INVALID_ARGUMENT, message)
    })
}

fn field(number: i32, index: usize) -> Option<&'static Field> {
    group(number)?.fields.get(index)
}

/// The option of a name, in a struct that is long enough to have it.
///
/// # Safety
/// Options and name as in [`jko_options_set`].
unsafe fn named(
    number: i32,
    options: *const c_void,
    name: *const c_char,
) -> Result<&'static Field, Failure> {
    let group = known_group(number)?;
    input::not_null("name", name)?;
    // SAFETY: a text that ends in NUL, by the caller's promise.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    // SAFETY: the same promise.
    let size = unsafe { options::size_of_struct(group, options.cast())? };
    let found = group.fields.iter().find(|field| field.name.as_bytes() == name);
    let field = found.ok_or_else(|| {
        let name = String::from_utf8_lossy(name);
        let message = format!("name: {} has no option {}", group.name, name.trim_end_matches('\0'));
        Failure::new(JKO_STATUS_INVALID_ARGUMENT, message)
    })?;
    if field.end() > size {
        let message = format!("{}: struct_size {size} ends before {}", group.name, plain(field));
        return Err(Failure::new(JKO_STATUS_STRUCT_SIZE, message));
    }
    Ok(field)
}

/// The name of an option without its NUL.
fn plain(field: &Field) -> &'static str {
    field.name.trim_end_matches('\0')
}

/// Refuses an option of another sort.
fn check_kind(field: &Field, pointer: bool) -> Result<(), Failure> {
    if (field.kind == JKO_OPTION_POINTER) == pointer {
        return Ok(());
    }
    let message = format!("{}: {} a pointer", plain(field), if pointer { "is not" } else { "is" });
    Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message))
}

/// Number of options that a struct has. `group` is a `JKO_OPTIONS_` constant here and below; 0 for any other
/// number. Any thread.
#[no_mangle]
pub extern "C" fn jko_options_count(group: i32) -> usize {
    guard_value(0, || self::group(group).map_or(0, |group| group.fields.len()))
}

/// Size of the struct in the library that runs, for `jko_options_init`; 0 for a number that is no group.
/// Any thread.
#[no_mangle]
pub extern "C" fn jko_options_size(group: i32) -> usize {
    guard_value(0, || self::group(group).map_or(0, |group| group.size))
}

/// Name of the option with this index, counted from 0: that of the field. Static text; NULL where there is
/// none. Any thread.
#[no_mangle]
pub extern "C" fn jko_options_name(group: i32, index: usize) -> *const c_char {
    guard_value(std::ptr::null(), || {
        field(group, index).map_or(std::ptr::null(), |field| field.name.as_ptr().cast())
    })
}

/// What the option means, in one line. Static text; NULL where there is none. Any thread.
#[no_mangle]
pub extern "C" fn jko_options_text(group: i32, index: usize) -> *const c_char {
    guard_value(std::ptr::null(), || {
        field(group, index).map_or(std::ptr::null(), |field| field.text.as_ptr().cast())
    })
}

/// Type of the option, a `JKO_OPTION_` constant; -1 where there is none. Any thread.
#[no_mangle]
pub extern "C" fn jko_options_kind(group: i32, index: usize) -> i32 {
    guard_value(-1, || field(group, index).map_or(-1, |field| field.kind))
}

/// Default of the option as a double, 0 for a pointer; NaN where there is none. Any thread.
#[no_mangle]
pub extern "C" fn jko_options_default(group: i32, index: usize) -> f64 {
    guard_value(f64::NAN, || field(group, index).map_or(f64::NAN, |field| (field.default)()))
}

/// Fills `size` bytes of options with the defaults, as the struct's own init function does; a wrapper
/// passes memory of `jko_options_size` bytes, aligned to 8.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE, INVALID_ARGUMENT (no such group). Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_options_init(group: i32, options: *mut c_void, size: usize) -> jko_status {
    guard(|| {
        let group = known_group(group)?;
        // SAFETY: the contract of the module.
        unsafe { options::init_group(group, options.cast(), size) }.map(|()| JKO_STATUS_OK)
    })
}

/// Sets the option of this name in a struct that was filled by its init function. What the number means
/// is checked by the call that uses the options.
///
/// Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE (an older, shorter struct), INVALID_ARGUMENT (no such
/// group or option, a number that does not fit its type, a pointer). Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_options_set(
    group: i32,
    options: *mut c_void,
    name: *const c_char,
    value: f64,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let field = unsafe { named(group, options.cast_const(), name)? };
        check_kind(field, false)?;
        let fits = match field.kind {
            JKO_OPTION_COUNT => value.trunc() == value && value.abs() <= EXACT,
            JKO_OPTION_INTEGER => f64::from(value as i32) == value,
            _ => true,
        };
        if !fits {
            let message = format!("{}: {value} is not an integer of its type", plain(field));
            return Err(Failure::new(JKO_STATUS_INVALID_ARGUMENT, message));
        }
        // SAFETY: `named` found the field within the struct.
        unsafe { options::write_field(options.cast(), field, value) };
        Ok(JKO_STATUS_OK)
    })
}

/// Reads the option of this name as a double.
///
/// Returns: as `jko_options_set`. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_options_get(
    group: i32,
    options: *const c_void,
    name: *const c_char,
    value: *mut f64,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let (field, value) = unsafe { (named(group, options, name)?, input::scalar("value", value)?) };
        check_kind(field, false)?;
        // SAFETY: `named` found the field within the struct.
        value.write([unsafe { options::read_field(options.cast(), field) }]);
        Ok(JKO_STATUS_OK)
    })
}

/// Sets the pointer of this name: a token, a callback (as the address of a function) or its data.
///
/// Returns: as `jko_options_set`, INVALID_ARGUMENT for an option that is no pointer. Any thread.
#[no_mangle]
pub unsafe extern "C" fn jko_options_set_pointer(
    group: i32,
    options: *mut c_void,
    name: *const c_char,
    value: *mut c_void,
) -> jko_status {
    guard(|| {
        // SAFETY: the contract of the module.
        let field = unsafe { named(group, options.cast_const(), name)? };
        check_kind(field, true)?;
        // SAFETY: `named` found the field within the struct, and it is a pointer.
        unsafe { options.cast::<u8>().add(field.offset).cast::<*mut c_void>().write(value) };
        Ok(JKO_STATUS_OK)
    })
}
