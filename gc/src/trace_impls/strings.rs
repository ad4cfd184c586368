//! Strings and paths: leaves.

use std::char::{ParseCharError, TryFromCharError};
use std::ffi::{CStr, CString, FromBytesWithNulError, NulError, OsStr, OsString};
use std::path::{Path, PathBuf};
use std::str::{ParseBoolError, Utf8Error};
use std::string::FromUtf8Error;

leaf! { String, CString, OsString, PathBuf }
leaf! { unsized str, CStr, OsStr, Path }
leaf! { Utf8Error, FromUtf8Error, ParseBoolError, ParseCharError, TryFromCharError }
leaf! { NulError, FromBytesWithNulError }
