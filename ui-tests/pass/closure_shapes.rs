//! Every form of `closure!`, in hostile surroundings.
#![deny(warnings)]

use std::cell::OnceCell;
use std::collections::HashMap;
use std::num::ParseIntError;

use gordian::{Call, Closure, Gc, Trace, closure, unsize};

fn generic<T: Trace + Clone + 'static>(value: T) -> impl Call<(usize,), Output = Vec<T>> {
    closure!([value] |n: usize| -> Vec<T> { vec![T::clone(value); n] })
}

struct Owner {
    id: u32,
}

impl Owner {
    fn method(self: &std::rc::Rc<Self>) -> Closure<(u32,), fn(&(u32,)) -> u32> {
        closure!([id = self.id] || *id)
    }
}

fn fallible(text: &str) -> Result<i32, ParseIntError> {
    let add = closure!([first = text.parse::<i32>()?] |second: &str| -> Result<i32, ParseIntError> {
        Ok(*first + second.parse::<i32>()?)
    });
    add.call(("2",))
}

fn main() {
    // The names of the macro's own variables are the user's to use.
    let captures = 1;
    let body = 2;
    let sum = closure!([captures, body] || captures + body);
    assert_eq!(sum.call(()), 3);

    let nothing = closure!([] || {});
    nothing.call(());
    let spaced = closure!([] | | 5);
    assert_eq!(spaced.call(()), 5);
    let trailing = closure!([a = 1, b = 2,] |c: i32, d: i32,| a + b + c + d);
    assert_eq!(trailing.call((3, 4)), 10);
    let mutable = closure!([] |mut n: i32| -> i32 { n += 1; n });
    assert_eq!(mutable.call((1,)), 2);
    let early = closure!([] |n: i32| -> &'static str { if n < 0 { return "less" } "more" });
    assert_eq!(early.call((-1,)), "less");
    let no_result = closure!([] || -> () {});
    no_result.call(());

    let owned = String::from("  text ");
    let trim = closure!([] for<'a> |text: &'a str| -> &'a str { text.trim() });
    assert_eq!(trim.call((&owned,)), "text");
    let pick = closure!([] for<'a, 'b> |a: &'a str, _b: &'b str| -> &'a str { a });
    assert_eq!(pick.call((&owned, "other")), owned);
    let trim: Gc<dyn for<'a> Call<(&'a str,), Output = &'a str>> =
        unsize!(Gc::new(trim) => dyn for<'a> Call<(&'a str,), Output = &'a str>);
    assert_eq!(trim.call((&owned,)), "text");
    let push = closure!([what = 7] |into: &mut Vec<i32>| into.push(*what));
    let mut pushed = Vec::new();
    push.call((&mut pushed,));
    assert_eq!(pushed, [7]);
    let with_map = closure!([] |map: &HashMap<&str, i32>, key: &str| map.get(key).copied());
    assert_eq!(with_map.call((&HashMap::from([("k", 1)]), "k")), Some(1));

    assert_eq!(generic("x").call((2,)), ["x", "x"]);
    assert_eq!(std::rc::Rc::new(Owner { id: 9 }).method().call(()), 9);
    assert_eq!(fallible("1"), Ok(3));
    assert!(fallible("one").is_err());

    // A closure in a closure, which captures from it.
    let adder = closure!([] |a: i32| closure!([a] |b: i32| a + b));
    assert_eq!(adder.call((1,)).call((2,)), 3);
    // One whose argument is callable.
    let twice = closure!([] |f: &dyn Call<(i32,), Output = i32>, n: i32| f.call((f.call((n,)),)));
    assert_eq!(twice.call((&adder.call((10,)), 1)), 21);

    let twelve = closure!(
        [a = 1, b = 1, c = 1, d = 1, e = 1, f = 1, g = 1, h = 1, i = 1, j = 1, k = 1, l = 1]
        |m: i32, n: i32, o: i32, p: i32, q: i32, r: i32,
            s: i32, t: i32, u: i32, v: i32, w: i32, x: i32| {
            a + b + c + d + e + f + g + h + i + j + k + l
                + m + n + o + p + q + r + s + t + u + v + w + x
        }
    );
    assert_eq!(twelve.call((1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)), 24);

    let cell = Gc::new(OnceCell::<Gc<dyn Call<(), Output = i32>>>::new());
    let weak = unsize!(Gc::downgrade(&Gc::new(closure!([] || 1))) => dyn Call<(), Output = i32>);
    assert!(weak.upgrade().is_none());
    assert!(cell.get().is_none());
}
