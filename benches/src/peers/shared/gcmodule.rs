//! gcmodule's threaded handles, whose collector the program must start, and those of its fork.

/// A competitor with the interface of gcmodule: its name here, and that of the crate.
macro_rules! threaded_heap {
    ($name:ident, $crate_name:ident) => {
        use std::cell::RefCell;
        use std::sync::{LazyLock, Mutex};

        use $crate_name::{ThreadedCc, ThreadedObjectSpace, Trace, Tracer};

        use super::shared_heap;
        use crate::heap::Pacer;

        pub(crate) struct $name;

        /// Where the objects of all threads are.
        static SPACE: LazyLock<ThreadedObjectSpace> = LazyLock::new(ThreadedObjectSpace::default);

        thread_local! {
            static PACER: RefCell<Pacer> = RefCell::default();
        }

        pub(crate) struct Node<V, const N: usize> {
            value: V,
            links: Mutex<[Option<ThreadedCc<Node<V, N>>>; N]>,
        }

        // The derive asks whether the type of each field is tracked, which never ends for a type
        // that contains itself; the documentation says to write the implementation by hand then.
        impl<V: Send + Sync + 'static, const N: usize> Trace for Node<V, N> {
            fn trace(&self, tracer: &mut Tracer<'_>) {
                if let Ok(links) = self.links.try_lock() {
                    for link in &*links {
                        link.trace(tracer);
                    }
                }
            }

            fn is_type_tracked() -> bool {
                true
            }
        }

        fn make<T: Trace + Send + Sync>(value: T) -> ThreadedCc<T> {
            SPACE.create(value)
        }

        shared_heap!($name, ThreadedCc, make, |node| node.borrow(), {
            fn collect() {
                let _ = SPACE.collect_cycles();
            }

            fn breathe(made: usize) {
                PACER.with_borrow_mut(|pacer| {
                    if pacer.is_due(made) {
                        let _ = SPACE.collect_cycles();
                        pacer.collected(SPACE.count_tracked());
                    }
                });
            }
        });
    };
}

pub(super) use threaded_heap;

threaded_heap!(Gcmodule, gcmodule);
