//! One handle more than there can be aborts, as with `Rc`: counts never wrap. Under `--cfg gordian_shrink`, where
//! there can be few.
#![cfg(gordian_shrink)]

use std::env;
use std::process::Command;

/// How many handles of an object there can be.
const MOST: usize = 1 << 12;

/// Says to a process of this program that it is the one to go beyond the limit.
const VARIABLE: &str = "GORDIAN_BEYOND_THE_LIMIT";

/// Runs a test again in a process of its own, which is to come to the limit and end there.
fn assert_aborts(test: &str) {
    let mut program = Command::new(env::current_exe().unwrap());
    let program = program.args(["--exact", test, "--nocapture"]);
    let output = program.env(VARIABLE, "1").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "at the limit\n");
    assert!(!output.status.success());
}

macro_rules! limits {
    ($heap:ident, $($Gc:ident)::+) => {
        mod $heap {
            use $($Gc)::+ as Gc;

            use super::{MOST, VARIABLE, assert_aborts};

            /// Makes as many handles as there can be, and one more.
            fn go_beyond(another: impl Fn(&Gc<u8>) -> Gc<u8>) {
                let object = Gc::new(1);
                while Gc::strong_count(&object) < MOST {
                    let _ = Gc::into_raw(another(&object));
                }
                eprintln!("at the limit");
                let _ = Gc::into_raw(another(&object));
                eprintln!("beyond it");
            }

            #[test]
            fn clones() {
                match std::env::var_os(VARIABLE) {
                    Some(_) => go_beyond(Gc::clone),
                    None => assert_aborts(concat!(stringify!($heap), "::clones")),
                }
            }

            #[test]
            fn upgraded_handles() {
                match std::env::var_os(VARIABLE) {
                    Some(_) => go_beyond(|object| Gc::downgrade(object).upgrade().unwrap()),
                    None => assert_aborts(concat!(stringify!($heap), "::upgraded_handles")),
                }
            }
        }
    };
}

limits!(local, gordian::Gc);
limits!(shared, gordian::sync::Gc);
