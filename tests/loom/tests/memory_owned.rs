//! Blocks that are owned, and full ones that are parked.

#[path = "memory/block.rs"]
#[expect(dead_code, reason = "part of it is for the other models")]
mod block;
#[expect(dead_code, reason = "part of it is for the other models")]
#[path = "../../../gc/src/heap/shared/ownership.rs"]
mod ownership;
#[expect(dead_code, reason = "part of it is for the library")]
#[path = "../../../gc/src/heap/shared/slot.rs"]
mod slot;

use gordian_loom::{atomic, explore};
use loom::sync::{self, Arc};
use loom::thread;

use self::block::Block;
use self::ownership::Given;

#[test]
fn the_owner_finds_what_others_free() {
    explore(|| {
        let block = Arc::new(Block::full(3));
        let others: Vec<_> = [2, 3]
            .map(|thread| {
                let block = Arc::clone(&block);
                thread::spawn(move || {
                    assert_eq!(block.free(thread, thread as u16), Some(Given::Left));
                })
            })
            .into();
        // Uses again what it has found.
        let mut used = 0;
        for _ in 0..2 {
            block.reclaim();
            used += block.allocate().iter().count();
        }
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(block.count_vacant(), 2 - used);
    });
}

#[test]
fn a_parked_block_goes_to_one_of_those_who_free() {
    explore(|| {
        let block = Arc::new(Block::full(3));
        assert!(block.park());
        let others = [2, 3].map(|thread| {
            let block = Arc::clone(&block);
            thread::spawn(move || block.free(thread, thread as u16))
        });
        let given = others.map(|other| other.join().unwrap().unwrap());
        match given {
            [Given::Taken, Given::Left] => assert!(block.is_owned_by(2)),
            [Given::Left, Given::Taken] => assert!(block.is_owned_by(3)),
            _ => panic!("{given:?}"),
        }
        assert_eq!(block.count_vacant(), 2);
    });
}

#[test]
fn parking_races_a_free() {
    explore(|| {
        let block = Arc::new(Block::full(2));
        let other = {
            let block = Arc::clone(&block);
            thread::spawn(move || {
                let given = block.free(2, 1).unwrap();
                if given == Given::Taken {
                    assert!(block.is_owned_by(2));
                    assert_eq!(block.used(), 1);
                }
                given
            })
        };
        if block.park() {
            assert!(!block.is_owned_by(1));
            assert_eq!(other.join().unwrap(), Given::Taken);
            assert!(block.is_owned_by(2));
        } else {
            assert!(block.is_owned_by(1));
            assert_eq!(block.allocate(), Some(1));
            assert_eq!(other.join().unwrap(), Given::Left);
        }
    });
}

#[test]
fn a_parked_block_goes_from_hand_to_hand() {
    explore(|| {
        let block = Arc::new(Block::full(3));
        let others = [2, 3].map(|thread| {
            let block = Arc::clone(&block);
            thread::spawn(move || {
                // Fills what it has taken, and parks it again.
                if block.free(thread, thread as u16) == Some(Given::Taken) {
                    block.allocate();
                    block.park()
                } else {
                    false
                }
            })
        });
        let mut is_parked = block.park();
        others.into_iter().for_each(|other| {
            let has_parked = other.join().unwrap();
            is_parked = is_parked || has_parked;
        });
        let owners = (1..=3).filter(|thread| block.is_owned_by(*thread));
        match owners.count() {
            0 => assert!(is_parked),
            1 => assert!(block.count_vacant() > 0),
            _ => panic!("two owners"),
        }
    });
}
