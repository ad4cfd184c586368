//! The conformance tests, on the heap that threads share.

// Not mounted yet, as what they test is not there for shared objects: documents, closures,
// and of the `gc` module `gc_debug` and `gc_leak_hunt`. Never: `threads_apart`, of what is one thread's.

use std::sync::{Arc as Shared, Mutex as Slot};

use gordian::sync::{Gc, Weak, gc, weak};
use gordian::{Finalize, Trace};
use gordian_tests::process_heap::{fresh, in_a_thread};

/// What programs are told that are to use the same heap.
const HEAP: &str = "sync";

/// What there can be objects of.
trait Value: Trace + Send + Sync + 'static {}

impl<T: Trace + Send + Sync + 'static> Value for T {}

/// What a test's boxed functions are, beside functions: for all threads.
trait Free: Send + Sync {}

impl<T: Send + Sync + ?Sized> Free for T {}

#[path = "shared/basics.rs"]
mod basics;
#[path = "shared/basics_teardown.rs"]
mod basics_teardown;
#[path = "shared/ephemerons.rs"]
mod ephemerons;
#[path = "shared/finalization.rs"]
mod finalization;
#[path = "shared/finalization_effects.rs"]
mod finalization_effects;
#[path = "shared/finalization_leaf.rs"]
mod finalization_leaf;
#[path = "shared/finalization_order.rs"]
mod finalization_order;
#[path = "shared/finalizers.rs"]
mod finalizers;
#[path = "shared/gc_census.rs"]
mod gc_census;
#[path = "shared/gc_diagnostics.rs"]
mod gc_diagnostics;
#[path = "shared/gc_module.rs"]
mod gc_module;
#[path = "shared/robustness.rs"]
mod robustness;
#[path = "shared/scenarios.rs"]
mod scenarios;
#[path = "shared/shutdown.rs"]
mod shutdown;
#[path = "shared/shutdown_atexit.rs"]
mod shutdown_atexit;
#[path = "shared/stage.rs"]
mod stage;
#[path = "shared/threads.rs"]
mod threads;
#[path = "shared/threads_ephemerons.rs"]
mod threads_ephemerons;
#[path = "shared/threads_weak_maps.rs"]
mod threads_weak_maps;
#[path = "shared/weak_cycles.rs"]
mod weak_cycles;
#[path = "shared/weak_maps.rs"]
mod weak_maps;
#[path = "shared/weak_maps_contents.rs"]
mod weak_maps_contents;
#[path = "shared/weak_maps_effects.rs"]
mod weak_maps_effects;
#[path = "shared/weak_maps_protocol.rs"]
mod weak_maps_protocol;
#[path = "shared/weak_maps_reentrant.rs"]
mod weak_maps_reentrant;
#[path = "shared/weak_sets.rs"]
mod weak_sets;
#[path = "shared/weak_sets_changes.rs"]
mod weak_sets_changes;
#[path = "shared/weakrefs.rs"]
mod weakrefs;
#[path = "shared/weakrefs_compared.rs"]
mod weakrefs_compared;
