//! The conformance tests, on the heap of a thread.

use std::cell::{OnceCell as Once, RefCell as Slot};
use std::rc::Rc as Shared;

use gordian::{Call, Finalize, Gc, Trace, Weak, closure, gc, weak};
use gordian_tests::{fresh, in_a_thread, in_a_thread as to_the_end};

/// What programs are told that are to use the same heap.
const HEAP: &str = "local";

/// What there can be objects of.
trait Value: Trace + 'static {}

impl<T: Trace + 'static> Value for T {}

/// What a test's boxed functions are, beside functions: anything, on the heap of a thread.
trait Free {}

impl<T: ?Sized> Free for T {}

/// What a handle leads to that has lost its type.
type Anything = dyn std::any::Any;

/// What can be called with such arguments, and traced.
macro_rules! function {
    (for<$lifetime:lifetime> $arguments:ty => $output:ty) => {
        dyn for<$lifetime> Call<$arguments, Output = $output>
    };
    ($arguments:ty => $output:ty) => {
        dyn Call<$arguments, Output = $output>
    };
}

#[path = "shared/basics.rs"]
mod basics;
#[path = "shared/basics_teardown.rs"]
mod basics_teardown;
#[path = "shared/closures.rs"]
mod closures;
#[path = "shared/closures_model.rs"]
mod closures_model;
#[path = "shared/closures_weak_methods.rs"]
mod closures_weak_methods;
#[path = "shared/documents.rs"]
mod documents;
#[path = "shared/documents_article.rs"]
mod documents_article;
#[path = "shared/documents_closures.rs"]
mod documents_closures;
#[path = "shared/documents_traced_closures.rs"]
mod documents_traced_closures;
#[path = "shared/documents_weak.rs"]
mod documents_weak;
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
#[path = "shared/finalizers_at_exit.rs"]
mod finalizers_at_exit;
#[path = "shared/gc_census.rs"]
mod gc_census;
#[path = "shared/gc_debug.rs"]
mod gc_debug;
#[path = "shared/gc_debug_hostile.rs"]
mod gc_debug_hostile;
#[path = "shared/gc_diagnostics.rs"]
mod gc_diagnostics;
#[path = "shared/gc_leak_hunt.rs"]
mod gc_leak_hunt;
#[path = "shared/gc_module.rs"]
mod gc_module;
#[path = "shared/hostile_handles.rs"]
mod hostile_handles;
#[path = "shared/hostile_moments.rs"]
mod hostile_moments;
#[path = "shared/hostile_shapes.rs"]
mod hostile_shapes;
#[path = "shared/robustness.rs"]
mod robustness;
#[path = "shared/robustness_trace.rs"]
mod robustness_trace;
#[path = "shared/scenarios.rs"]
mod scenarios;
#[path = "shared/shutdown.rs"]
mod shutdown;
#[path = "shared/shutdown_atexit.rs"]
mod shutdown_atexit;
#[path = "shared/stage.rs"]
mod stage;
#[path = "shared/temp_workspace.rs"]
mod temp_workspace;
#[path = "shared/threads.rs"]
mod threads;
#[path = "shared/threads_apart.rs"]
mod threads_apart;
#[path = "shared/unwinding.rs"]
mod unwinding;
#[path = "shared/unwinding_maps.rs"]
mod unwinding_maps;
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
#[path = "shared/weak_sets.rs"]
mod weak_sets;
#[path = "shared/weak_sets_changes.rs"]
mod weak_sets_changes;
#[path = "shared/weakrefs.rs"]
mod weakrefs;
#[path = "shared/weakrefs_compared.rs"]
mod weakrefs_compared;
