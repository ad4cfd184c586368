//! Captures are shared, by calls within calls too.

use gordian::closure;

fn main() {
    let count = 0;
    let _next = closure!([count] || *count += 1);
}
