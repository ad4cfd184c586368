//! The part of [`Heap`](crate::heap::Heap) that smart pointers have in common.

/// Implements `Heap` for a peer whose `Node` has a `value` and `links` in a cell like `RefCell`.
/// What is in braces is added to the implementation.
macro_rules! pointer_heap {
    ($peer:ident, $handle:ident, $cell:ident, $table:ident, { $($rest:tt)* }) => {
        impl<V: 'static, const N: usize> $crate::heap::Heap<V, N> for $peer {
            type Handle = $handle<Node<V, N>>;
            type Table = $table<Self::Handle>;

            #[inline]
            fn node(&mut self, value: V) -> Self::Handle {
                $handle::new(Node { value, links: $cell::new([const { None }; N]) })
            }

            #[inline]
            fn value<'a>(&'a self, node: &'a Self::Handle) -> &'a V {
                &node.value
            }

            #[inline]
            fn set(&mut self, from: &Self::Handle, slot: usize, to: Option<Self::Handle>) {
                from.links.borrow_mut()[slot] = to;
            }

            #[inline]
            fn take(&mut self, from: &Self::Handle, slot: usize) -> Option<Self::Handle> {
                from.links.borrow_mut()[slot].take()
            }

            $($rest)*
        }

        impl $crate::heap::Leaves for $peer {
            type Leaf = $handle<$crate::heap::Triple>;

            #[inline]
            fn leaf(&mut self, value: $crate::heap::Triple) -> Self::Leaf {
                $handle::new(value)
            }
        }
    };
}

pub(super) use pointer_heap;
