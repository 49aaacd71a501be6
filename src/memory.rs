//! Room for large arrays: asked for before it is taken.
//!
//! Where an allocation fails, Rust ends the process, and a library must not. So whatever grows faster than the
//! data that came in asks here first, once for each piece of work, for all the bytes that the piece needs. It is
//! refused where a [`Watch`](crate::Watch) allows no more, and where the system has no such block.

use crate::error::{Error, Result};
use crate::watch;

/// The bytes of an array of doubles with these sides; what is beyond counting counts as everything.
pub(crate) fn doubles(sides: &[usize]) -> usize {
    sides.iter().fold(std::mem::size_of::<f64>(), |bytes, &side| bytes.saturating_mul(side))
}

/// The bytes that a piece of work may take: the limit, or what is decent without a word from the user.
pub(crate) fn limit_or(decent: usize) -> usize {
    watch::memory_limit().unwrap_or(decent)
}

/// Refuses a piece of work, `what`, that takes more bytes than are allowed or there. Cost: reserves one block and
/// gives it back, untouched.
///
/// # Errors
/// [`Error::OutOfMemory`], with both numbers where there is a limit.
pub(crate) fn admit(bytes: usize, what: impl FnOnce() -> String) -> Result<()> {
    if let Some(limit) = watch::memory_limit().filter(|&limit| bytes > limit) {
        let what = format!("{} would take {bytes} bytes, but the memory limit is {limit}", what());
        return Err(Error::OutOfMemory { what });
    }
    if Vec::<u8>::new().try_reserve_exact(bytes).is_err() {
        return Err(Error::OutOfMemory { what: format!("{} would take {bytes} bytes", what()) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Watch;

    #[test]
    fn refuses_what_is_beyond_the_limit_or_the_machine() {
        let ask = |bytes| admit(bytes, || "the work".into());
        Watch::new().with_memory_limit(100).over(|| {
            assert_eq!(ask(100), Ok(()));
            let refused = ask(101).map_err(|error| error.to_string());
            let said = "out of memory: the work would take 101 bytes, but the memory limit is 100";
            assert_eq!(refused, Err(said.into()));
            // what a part is allowed takes the place of what the whole is
            assert_eq!(Watch::new().with_memory_limit(200).over(|| ask(101)), Ok(()));
        });
        assert_eq!(ask(101), Ok(()));
        assert!(matches!(ask(doubles(&[1 << 40, 1 << 40])), Err(Error::OutOfMemory { .. })));
        assert_eq!(doubles(&[3, 5]), 120);
        assert_eq!(doubles(&[]), 8);
    }
}
