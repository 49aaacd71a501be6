//! Bytes as numbers, options and masses.

use jkoflow::capi::*;

/// Takes numbers off the front of the bytes; zeros when they are used up.
pub struct Tape<'a>(pub &'a [u8]);

impl Tape<'_> {
    pub fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    pub fn small(&mut self, below: u8) -> usize {
        usize::from(self.byte() % below)
    }

    /// Mostly a node, sometimes anything.
    pub fn index(&mut self) -> i64 {
        match self.byte() {
            254 => i64::MAX,
            255 => i64::from_le_bytes(std::array::from_fn(|_| self.byte())),
            byte => i64::from(byte % 8) - i64::from(byte > 250),
        }
    }

    /// Mostly a moderate positive number, sometimes anything.
    pub fn real(&mut self) -> f64 {
        match self.byte() {
            255 => f64::from_le_bytes(std::array::from_fn(|_| self.byte())),
            254 => 0.0,
            byte => f64::from(byte) / 16.0,
        }
    }

    pub fn reals(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.real()).collect()
    }

    pub fn indices(&mut self, count: usize) -> Vec<i64> {
        (0..count).map(|_| self.index()).collect()
    }

    /// Numbers that are mostly a distribution.
    pub fn masses(&mut self, count: usize) -> Vec<f64> {
        let mut masses = self.reals(count);
        if self.byte() < 250 {
            let sum: f64 = masses.iter().sum();
            masses.iter_mut().for_each(|m| *m /= sum);
        }
        masses
    }
}

/// Every option of a struct of this group, set to what the tape says, now and then.
pub fn options(tape: &mut Tape, group: i32) -> Vec<f64> {
    let mut room = vec![0.0; jko_options_size(group) / 8 + tape.small(3)];
    let place = room.as_mut_ptr().cast();
    // SAFETY: as many bytes as the size says, aligned to 8.
    unsafe {
        assert_eq!(jko_options_init(group, place, 8 * room.len()), JKO_STATUS_OK);
        for k in 0..jko_options_count(group) {
            let name = jko_options_name(group, k);
            if jko_options_kind(group, k) != JKO_OPTION_POINTER && tape.byte() > 200 {
                let value = match jko_options_kind(group, k) {
                    JKO_OPTION_REAL => tape.real(),
                    _ => f64::from(tape.byte()) - 8.0,
                };
                jko_options_set(group, place, name, value);
            }
        }
    }
    room
}

/// Whether there is a result; an internal error is never right.
pub fn fine(status: jko_status) -> bool {
    assert_ne!(status, JKO_STATUS_INTERNAL);
    status >= JKO_STATUS_OK
}
