//! The queue of a thread's candidates, in chunks of two.

#[path = "../../../gc/src/heap/shared/queue.rs"]
mod queue;

use gordian_loom::{atomic, explore};
use loom::thread;

use self::queue::{Consumer, queue};

/// Drains what is there, which continues what was drained before.
fn drain(consumer: &mut Consumer<u32, 2>, next: &mut u32) -> bool {
    consumer.drain(|entry| {
        assert_eq!(entry, *next);
        *next += 1;
    })
}

#[test]
fn entries_are_drained_once_and_in_order() {
    explore(|| {
        let (producer, mut consumer) = queue::<u32, 2>();
        let pushing = thread::spawn(move || {
            (0..3).for_each(|entry| producer.push(entry));
            producer
        });
        let mut next = 0;
        assert!(!drain(&mut consumer, &mut next));
        assert!(!drain(&mut consumer, &mut next));
        let producer = pushing.join().unwrap();
        assert!(consumer.is_of(&producer));
        producer.push(3);
        assert!(!drain(&mut consumer, &mut next));
        assert_eq!((next, consumer.len()), (4, 0));
        drop(producer);
    });
}

#[test]
fn a_queue_that_is_over_has_no_entry_left() {
    explore(|| {
        let (producer, mut consumer) = queue::<u32, 2>();
        let pushing = thread::spawn(move || {
            (0..3).for_each(|entry| producer.push(entry));
        });
        let mut next = 0;
        let mut is_over = false;
        // Not for ever, or there would be no end of orders.
        for _ in 0..2 {
            is_over = is_over || drain(&mut consumer, &mut next);
        }
        if is_over {
            assert_eq!(next, 3);
            // The producer has nothing to do with it any more.
            drop(consumer);
            pushing.join().unwrap();
        } else {
            pushing.join().unwrap();
            assert!(drain(&mut consumer, &mut next));
            assert_eq!(next, 3);
        }
    });
}
