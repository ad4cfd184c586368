//! Blocks that the directory has for all threads.

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

/// A block with these objects in it, and one vacant slot before them.
fn with_room(objects: u16) -> Arc<Block> {
    let block = Block::full(objects + 1);
    assert_eq!(block.free(1, 1), None);
    Arc::new(block)
}

fn spawn_free(block: &Arc<Block>, thread: u64, slot: u16) -> thread::JoinHandle<Option<Given>> {
    let block = Arc::clone(block);
    thread::spawn(move || block.free(thread, slot))
}

#[test]
fn the_last_object_of_an_open_block_gives_it_back() {
    explore(|| {
        let block = with_room(2);
        block.open();
        let others = [spawn_free(&block, 2, 2), spawn_free(&block, 3, 3)];
        let given = others.map(|other| other.join().unwrap().unwrap());
        assert!(given.contains(&Given::Left) && given.contains(&Given::Last));
        assert!(block.is_gone());
    });
}

#[test]
fn opening_races_the_frees_of_all_objects() {
    explore(|| {
        let block = with_room(2);
        let others = [spawn_free(&block, 2, 2), spawn_free(&block, 3, 3)];
        block.open();
        let given = others.map(|other| other.join().unwrap().unwrap());
        let last = given.iter().filter(|given| **given == Given::Last);
        assert!(last.count() <= 1);
        assert!(block.is_gone());
    });
}

#[test]
fn a_claim_races_the_last_free() {
    explore(|| {
        let block = with_room(1);
        block.open();
        let other = spawn_free(&block, 2, 2);
        if block.take(1) {
            assert!(block.is_owned_by(1));
            assert_eq!(block.allocate(), Some(1));
            assert_eq!(other.join().unwrap(), Some(Given::Left));
            assert!(!block.is_gone());
            assert_eq!(block.count_vacant(), 1);
        } else {
            assert_eq!(other.join().unwrap(), Some(Given::Last));
            assert!(block.is_gone());
        }
    });
}

#[test]
fn an_open_block_goes_from_hand_to_hand() {
    explore(|| {
        let block = with_room(2);
        let taking = {
            let block = Arc::clone(&block);
            thread::spawn(move || {
                if !block.take(2) {
                    return false;
                }
                assert!(block.is_owned_by(2));
                assert_eq!(block.allocate(), Some(1));
                assert!(block.used() >= 2);
                true
            })
        };
        let other = spawn_free(&block, 3, 3);
        block.open();
        let is_taken = taking.join().unwrap();
        assert_eq!(other.join().unwrap(), Some(Given::Left));
        assert_eq!(block.is_owned_by(2), is_taken);
        assert!(!block.is_owned_by(1));
        assert!(is_taken || block.take(2));
        assert_eq!(block.count_vacant(), if is_taken { 1 } else { 2 });
    });
}
