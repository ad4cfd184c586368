//! What can be done to a closure, of one thread or of several.

/// The methods of a closure type that has `mark_closed`, `has_closed` and `with_captures`.
macro_rules! methods {
    ($Closure:ident, $module:literal) => {
        impl<C, F> $Closure<C, F> {
            /// Calls it with a tuple of arguments.
            ///
            /// # Panics
            ///
            /// If it is [closed](Self::close), with the message "called a closed closure".
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let add = ", $module, "::closure!([] |a: i32, b: i32| a + b);")]
            /// assert_eq!(add.call((1, 2)), 3);
            /// ```
            #[track_caller]
            pub fn call<A>(&self, arguments: A) -> <Self as Call<A>>::Output
            where
                Self: Call<A>,
            {
                Call::call(self, arguments)
            }

            /// Calls it with a tuple of arguments, or returns `None` if it is [closed](Self::close).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let double = ", $module, "::closure!([] |n: i32| n * 2);")]
            /// assert_eq!(double.try_call((4,)), Some(8));
            /// double.close();
            /// assert_eq!(double.try_call((4,)), None);
            /// ```
            pub fn try_call<A>(&self, arguments: A) -> Option<<Self as Call<A>>::Output>
            where
                Self: Call<A>,
            {
                Call::try_call(self, arguments)
            }

            /// Drops the captures. It cannot be called any more.
            ///
            /// So a cycle through the closure is broken at once, with no need for the collector. Calls in
            /// progress, of which this may be part, go on with the captures they have; these go when the
            /// last such call ends, by a panic too. Closing twice does nothing more.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use ", $module, "::{Gc, closure};")]
            ///
            /// let data = Gc::new(vec![1, 2, 3]);
            /// let sum = closure!([data = data.clone()] || data.iter().sum::<i32>());
            /// assert_eq!(sum.call(()), 6);
            /// sum.close();
            /// assert_eq!(Gc::strong_count(&data), 1);
            /// ```
            pub fn close(&self) {
                self.mark_closed();
            }

            /// Whether it has been [closed](Self::close).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let one = ", $module, "::closure!([] || 1);")]
            /// assert!(!one.is_closed());
            /// one.close();
            /// assert!(one.is_closed());
            /// ```
            #[must_use]
            pub fn is_closed(&self) -> bool {
                self.has_closed()
            }
        }

        impl<C, F> std::fmt::Debug for $Closure<C, F> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct("Closure")
                    .field("is_closed", &self.is_closed())
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use methods;
