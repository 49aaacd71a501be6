//! Nothing but a home for the test of the generated header.
