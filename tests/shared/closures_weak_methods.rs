//! Weak handles to closures, and weak methods: closures that hold their receiver weakly.

use gordian::trace::Tracer;
use gordian::unsize;
use gordian_tests::Place;

use super::stage::{Canary, Log, Node, fresh, logging, state};
use super::{Call, Gc, Shared, Slot, Weak, closure, gc};

/// `ReferencesTestCase.test_basic_ref`, of a closure whose captures are traced.
#[test]
fn w_01_basic_ref_of_a_closure() {
    fresh();
    let log = Log::default();
    let closure = Gc::new(closure!([_canary = Canary::new("capture", &log)] || 3));
    let weak = Gc::downgrade(&closure);
    assert!(Gc::ptr_eq(&weak.upgrade().unwrap(), &closure));
    assert_eq!(closure.call(()), 3);
    assert_eq!(format!("{closure:?}"), "Closure { is_closed: false, .. }");
    assert!(!format!("{weak:?}").is_empty());
    drop(closure);
    assert_eq!(log.take(), ["drop capture"]);
    assert!(weak.upgrade().is_none());
    assert!(!format!("{weak:?}").is_empty());
    assert_eq!(gc::collect(), 0);
}

/// `ReferencesTestCase.test_proxy_ref`: access through closures that hold their receiver weakly.
#[test]
fn w_05_access_through_a_dead_proxy() {
    #[derive(Debug, PartialEq)]
    struct Dead;
    fresh();
    let log = Log::default();
    for is_cyclic in [false, true] {
        let node = if is_cyclic {
            Node::in_cycle("node", &log, true)
        } else {
            Node::new("node", &log)
        };
        let proxy = |name| {
            let node = Gc::downgrade_with(&node, logging(&log, name));
            closure!([node] || -> Result<String, Dead> {
                Ok(node.upgrade().ok_or(Dead)?.name.to_owned())
            })
        };
        let proxies = [proxy("first"), proxy("second")];
        let names = proxies.each_ref().map(|proxy| proxy.call(()));
        assert_eq!(names, [Ok("node".to_owned()), Ok("node".to_owned())]);
        drop(node);
        assert_eq!(gc::collect(), usize::from(is_cyclic));
        assert_eq!(log.take(), ["second", "first", "drop node"]);
        let names = proxies.each_ref().map(|proxy| proxy.call(()));
        assert_eq!(names, [Err(Dead), Err(Dead)]);
    }
}

/// The body of a method, as an object.
type Body = function!(for<'a> (&'a Node,) => String);
/// A method with its receiver.
type Bound = function!(() => String);
/// Upgrades to a method with its receiver.
type WeakMethod = function!(() => Option<Gc<Bound>>);

fn body() -> Gc<Body> {
    let body = closure!([] |node: &Node| -> String { format!("method of {}", node.name) });
    unsize!(Gc::new(body) => Body)
}

/// A function that calls this one, if it is there still.
fn first_of<F: FnOnce() + Send>(callback: Shared<Slot<Option<F>>>) -> impl FnOnce() {
    move || {
        if let Some(callback) = callback.pull() {
            callback();
        }
    }
}

/// A closure that holds the receiver and the function weakly. `callback` runs when the first of
/// them dies.
fn weak_method(
    receiver: &Gc<Node>,
    body: &Gc<Body>,
    callback: impl FnOnce() + Send + 'static,
) -> Gc<WeakMethod> {
    let callback = Shared::new(Slot::new(Some(callback)));
    let receiver = Gc::downgrade_with(receiver, first_of(callback.clone()));
    let body = Gc::downgrade_with(body, first_of(callback));
    let method = closure!([receiver, body] || -> Option<Gc<Bound>> {
        let (receiver, body) = (receiver.upgrade()?, body.upgrade()?);
        Some(unsize!(Gc::new(closure!([receiver, body] || body.call((receiver,)))) => Bound))
    });
    unsize!(Gc::new(method) => WeakMethod)
}

/// `WeakMethodTestCase.test_alive`
#[test]
fn w_29_weak_method_alive() {
    fresh();
    let log = Log::default();
    let (receiver, body) = (Node::new("receiver", &log), body());
    let method = weak_method(&receiver, &body, || {});
    assert_eq!(
        (Gc::strong_count(&receiver), Gc::strong_count(&body)),
        (1, 1)
    );
    let bound = method.call(()).unwrap();
    let edges = [Gc::as_ptr(&receiver).cast(), Gc::as_ptr(&body).cast::<()>()];
    assert_eq!(Tracer::edges_of(&*bound), edges);
    assert_eq!(bound.call(()), "method of receiver");
    assert_eq!(method.call(()).unwrap().call(()), "method of receiver");
    drop(receiver);
    assert_eq!(bound.call(()), "method of receiver");
    assert!(method.call(()).is_some());
    assert!(log.take().is_empty());
    drop(bound);
    assert_eq!(log.take(), ["drop receiver"]);
}

/// `WeakMethodTestCase.test_object_dead`
#[test]
fn w_30_weak_method_object_dead() {
    fresh();
    let log = Log::default();
    let (receiver, body) = (Node::new("receiver", &log), body());
    let method = weak_method(&receiver, &body, || {});
    assert!(method.call(()).is_some());
    drop(receiver);
    assert_eq!(log.take(), ["drop receiver"]);
    assert!(method.call(()).is_none());
    // A receiver in a cycle goes when it is collected.
    let receiver = Node::in_cycle("receiver", &log, true);
    let method = weak_method(&receiver, &body, || {});
    drop(receiver);
    assert!(method.call(()).is_some());
    assert_eq!(gc::collect(), 1);
    assert!(method.call(()).is_none());
    assert_eq!(Gc::strong_count(&body), 1);
}

/// `WeakMethodTestCase.test_method_dead`
#[test]
fn w_31_weak_method_method_dead() {
    fresh();
    let log = Log::default();
    let (receiver, body) = (Node::new("receiver", &log), body());
    let method = weak_method(&receiver, &body, || {});
    assert!(method.call(()).is_some());
    drop(body);
    assert!(method.call(()).is_none());
    assert_eq!(Gc::strong_count(&receiver), 1);
    assert!(log.take().is_empty());
}

/// `WeakMethodTestCase.test_callback_when_object_dead`
#[test]
fn w_32_weak_method_callback_when_object_dead() {
    fresh();
    let log = Log::default();
    let (receiver, body) = (Node::new("receiver", &log), body());
    let method = weak_method(&receiver, &body, logging(&log, "callback"));
    drop(receiver);
    assert_eq!(log.take(), ["callback", "drop receiver"]);
    drop(body);
    assert_eq!(gc::collect(), 0);
    assert!(log.take().is_empty());
    assert!(method.call(()).is_none());
}

/// `WeakMethodTestCase.test_callback_when_method_dead`
#[test]
fn w_33_weak_method_callback_when_method_dead() {
    fresh();
    let log = Log::default();
    let (receiver, body) = (Node::new("receiver", &log), body());
    let method = weak_method(&receiver, &body, logging(&log, "callback"));
    drop(body);
    assert_eq!(log.take(), ["callback"]);
    drop(receiver);
    assert_eq!(gc::collect(), 0);
    assert_eq!(log.take(), ["drop receiver"]);
    assert!(method.call(()).is_none());
}

/// `WeakMethodTestCase.test_no_cycles`
#[test]
fn w_34_weak_method_no_cycles() {
    fresh();
    let log = Log::default();
    let (receiver, body) = (Node::new("receiver", &log), body());
    let method = weak_method(&receiver, &body, logging(&log, "callback"));
    let weak: Weak<WeakMethod> = Gc::downgrade(&method);
    drop(method);
    assert_eq!(state(&weak), "None");
    assert_eq!(gc::collect(), 0);
    drop(receiver);
    assert_eq!(log.take(), ["drop receiver"]);
}
