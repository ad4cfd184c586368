//! Threads that do at random whatever can be done.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{Random, Thing, alone, assert_nothing_is_left, in_thread, words};
use crate::heap::shared::{VACANT, for_each_object, view};

/// What one thread does to objects that all have.
fn work(boxes: &[Mutex<Vec<Thing>>], seed: u64, steps: u64) {
    let mut random = Random(seed);
    let mut own = Vec::new();
    for _ in 0..random.below(steps) {
        let place = random.below(boxes.len() as u64) as usize;
        match random.below(8) {
            0..3 => own.push(Thing::random(&mut random)),
            3 => (0..random.below(steps / 2)).for_each(|_| own.push(Thing::random(&mut random))),
            4 if !own.is_empty() => {
                let given = own.split_off(random.below(own.len() as u64) as usize);
                boxes[place].lock().unwrap().extend(given);
            }
            5 => {
                let taken = std::mem::take(&mut *boxes[place].lock().unwrap());
                taken.into_iter().for_each(Thing::free);
            }
            6 if !own.is_empty() => {
                let place = random.below(own.len() as u64) as usize;
                own.swap_remove(place).free();
            }
            _ => {
                let mut taken = std::mem::take(&mut *boxes[place].lock().unwrap());
                let kept = taken.len() / 2;
                while taken.len() > kept {
                    let place = random.below(taken.len() as u64) as usize;
                    taken.swap_remove(place).free();
                }
                own.append(&mut taken);
            }
        }
    }
    let place = random.below(boxes.len() as u64) as usize;
    boxes[place].lock().unwrap().append(&mut own);
}

#[test]
fn threads_free_what_others_made_and_end_at_random() {
    let _alone = alone();
    let (rounds, lives, steps) = if cfg!(miri) { (1, 2, 8) } else { (20, 4, 400) };
    let rounds = std::env::var("GORDIAN_STRESS").map_or(rounds, |rounds| rounds.parse().unwrap());
    for seed in 1..=rounds {
        eprintln!("seed {seed}");
        let boxes: [Mutex<Vec<Thing>>; 3] = Default::default();
        let has_ended = AtomicBool::new(false);
        thread::scope(|scope| {
            let walker = scope.spawn(|| {
                let mut walks = if cfg!(miri) { 2 } else { u64::MAX };
                while walks > 0 && !has_ended.load(Ordering::Relaxed) {
                    walks -= 1;
                    let mut count = 0_u64;
                    for_each_object(|object| {
                        let (_, state) = words(object.header_ptr().cast());
                        assert!([0, 1, VACANT].contains(&state.load(Ordering::Acquire)));
                        count += 1;
                    });
                    std::hint::black_box((count, view().sizes()));
                    thread::yield_now();
                }
            });
            let workers: Vec<_> = (0..4)
                .map(|worker| {
                    let boxes = &boxes;
                    scope.spawn(move || {
                        for life in 0..lives {
                            in_thread(|| work(boxes, seed << 8 | worker << 4 | life, steps));
                        }
                    })
                })
                .collect();
            workers
                .into_iter()
                .for_each(|worker| worker.join().unwrap());
            has_ended.store(true, Ordering::Relaxed);
            walker.join().unwrap();
        });
        in_thread(|| {
            let left = boxes
                .into_iter()
                .flat_map(|things| things.into_inner().unwrap());
            left.for_each(Thing::free);
        });
        assert_nothing_is_left();
    }
}
