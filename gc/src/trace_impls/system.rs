//! What the operating system deals in (times, addresses, files, threads, errors): leaves.

use std::net::{
    AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6,
    TcpListener, TcpStream, UdpSocket,
};
use std::thread::{Thread, ThreadId};
use std::time::{Duration, Instant, SystemTime, SystemTimeError};
use std::{fmt, fs, io};

leaf! { Duration, Instant, SystemTime, SystemTimeError }
leaf! { IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, AddrParseError }
leaf! { fs::File, TcpListener, TcpStream, UdpSocket }
leaf! { Thread, ThreadId }

// An `io::Error` may own a boxed error of any type. What that holds is held from outside.
leaf! { io::ErrorKind, fmt::Error }
// May own an error of any type.
leaf! { foreign impl[] io::Error }
