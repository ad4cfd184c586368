//! gcmodule, whose collector the program must start, and what its fork is used by too.

/// A competitor with the interface of gcmodule: its name here, and that of the crate.
macro_rules! gcmodule_heap {
    ($name:ident, $crate_name:ident) => {
        use std::cell::RefCell;

        use $crate_name::{Cc, Trace, Tracer, collect_thread_cycles, count_thread_tracked};

        use super::pointer::pointer_heap;
        use crate::heap::Pacer;

        #[derive(Default)]
        pub(crate) struct $name {
            pacer: Pacer,
        }

        pub(crate) struct Node<V, const N: usize> {
            value: V,
            links: RefCell<[Option<Cc<Node<V, N>>>; N]>,
        }

        // The derive asks whether the type of each field is tracked, which never ends for a type
        // that contains itself; the documentation says to write the implementation by hand then.
        impl<V: 'static, const N: usize> Trace for Node<V, N> {
            fn trace(&self, tracer: &mut Tracer<'_>) {
                if let Ok(links) = self.links.try_borrow() {
                    for link in &*links {
                        link.trace(tracer);
                    }
                }
            }

            fn is_type_tracked() -> bool {
                true
            }
        }

        pointer_heap!($name, Cc, RefCell, Vec, {
            fn collect(&mut self) {
                let _ = collect_thread_cycles();
            }

            fn breathe(&mut self, made: usize) {
                if self.pacer.is_due(made) {
                    let _ = collect_thread_cycles();
                    self.pacer.collected(count_thread_tracked());
                }
            }
        });
    };
}

pub(super) use gcmodule_heap;

gcmodule_heap!(Gcmodule, gcmodule);
