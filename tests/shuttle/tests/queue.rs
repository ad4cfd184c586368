//! The queue of a thread's candidates, in chunks of three, with many entries.

#[path = "../../../gc/src/heap/shared/queue.rs"]
#[expect(dead_code, reason = "there is only one queue to tell the producer of")]
mod queue;

use gordian_shuttle::{atomic, explore};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use self::queue::queue;

#[test]
fn many_entries_are_drained_once_and_in_order() {
    explore(20_000, || {
        let (producer, mut consumer) = queue::<u32, 3>();
        let all = thread_rng().gen_range(0..30);
        let pushing = thread::spawn(move || (0..all).for_each(|entry| producer.push(entry)));
        let mut next = 0;
        let mut drain = || {
            consumer.drain(|entry| {
                assert_eq!(entry, next);
                next += 1;
            })
        };
        // One at least: shuttle demands that the two threads run beside each other.
        let is_over = (0..thread_rng().gen_range(1..8)).any(|_| drain());
        if is_over {
            // The producer has nothing to do with it any more.
            assert_eq!((next, consumer.len()), (all, 0));
            drop(consumer);
            pushing.join().unwrap();
        } else {
            pushing.join().unwrap();
            assert!(drain());
            assert_eq!((next, consumer.len()), (all, 0));
        }
    });
}
