//! Blocks that threads allocate from, free into, and give each other: see `tests/loom/tests/memory`.

#[path = "../../loom/tests/memory/block.rs"]
mod block;
#[expect(dead_code, reason = "all threads have a token")]
#[path = "../../../gc/src/heap/shared/ownership.rs"]
mod ownership;
#[expect(dead_code, reason = "part of it is for the library")]
#[path = "../../../gc/src/heap/shared/slot.rs"]
mod slot;

use gordian_shuttle::{atomic, explore};
use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::{self, Arc, Mutex};
use shuttle::thread;

use self::block::Block;
use self::ownership::Given;

const SLOTS: u16 = 3;

/// A number below `end`.
fn below(end: usize) -> usize {
    thread_rng().gen_range(0..end)
}

/// Takes any one out, if there is one.
fn take_any<T>(all: &mut Vec<T>) -> Option<T> {
    (!all.is_empty()).then(|| all.swap_remove(below(all.len())))
}

/// An object: its block and its slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Object(usize, u16);

/// What all threads have.
struct Shared {
    blocks: Vec<Block>,
    /// Objects that any thread may use, and free.
    objects: Mutex<Vec<Object>>,
}

/// A thread, its objects, and the blocks that it owns.
struct Player {
    number: u64,
    shared: Arc<Shared>,
    objects: Vec<Object>,
    owned: Vec<usize>,
}

impl Player {
    fn block(&self, block: usize) -> &Block {
        &self.shared.blocks[block]
    }

    /// Does so many things. All that it owns is open then, as when a thread ends, or is parked.
    fn play(mut self, moves: usize) {
        for _ in 0..moves {
            match below(6) {
                0 | 1 => self.allocate(),
                2 | 3 => {
                    if let Some(object) = take_any(&mut self.objects) {
                        self.free(object);
                    }
                }
                4 => self.exchange(),
                _ => {
                    if let Some(block) = take_any(&mut self.owned) {
                        self.leave(block);
                    }
                }
            }
        }
        self.shared
            .objects
            .lock()
            .unwrap()
            .extend(self.objects.drain(..));
        while let Some(block) = self.owned.pop() {
            self.leave(block);
        }
    }

    /// From a block of its own, or one that is open.
    fn allocate(&mut self) {
        let place = below(self.owned.len().max(1));
        let block = match self.owned.get(place) {
            Some(block) => *block,
            None => match self.take() {
                Some(block) => block,
                None => return,
            },
        };
        match self.block(block).allocate() {
            Some(slot) => self.objects.push(Object(block, slot)),
            None => {
                self.owned.retain(|owned| *owned != block);
                self.leave(block);
            }
        }
    }

    fn take(&mut self) -> Option<usize> {
        let first = below(self.shared.blocks.len());
        let mut others = (first..self.shared.blocks.len()).chain(0..first);
        let block = others.find(|block| self.block(*block).take(self.number))?;
        assert!(self.block(block).is_owned_by(self.number));
        self.owned.push(block);
        Some(block)
    }

    fn free(&mut self, Object(block, slot): Object) {
        let was_owned = self.owned.contains(&block);
        let given = self.block(block).free(self.number, slot);
        assert_eq!(given.is_none(), was_owned, "whose it is");
        if given == Some(Given::Taken) {
            assert!(self.block(block).is_owned_by(self.number));
            self.owned.push(block);
        }
    }

    /// Gives an object to all threads, or takes one from them.
    fn exchange(&mut self) {
        let mut objects = self.shared.objects.lock().unwrap();
        if below(2) == 0 {
            objects.extend(take_any(&mut self.objects));
        } else {
            self.objects.extend(take_any(&mut objects));
        }
    }

    /// Gives up a block that it has owned: it is parked if it is full, or else open, or gone.
    fn leave(&mut self, block: usize) {
        let is_full = self.block(block).used() == SLOTS;
        if is_full && self.block(block).park() {
            return;
        }
        self.block(block).open();
    }
}

/// Frees all that is left: then all blocks are gone but those that went to who frees.
fn end(shared: &Arc<Shared>) {
    let objects = std::mem::take(&mut *shared.objects.lock().unwrap());
    for (place, object) in objects.iter().enumerate() {
        assert!(
            !objects[..place].contains(object),
            "{object:?} is there twice"
        );
    }
    let mut last = Player {
        number: 9,
        shared: Arc::clone(shared),
        objects: Vec::new(),
        owned: Vec::new(),
    };
    objects.into_iter().for_each(|object| last.free(object));
    for block in &last.owned {
        assert_eq!(last.block(*block).count_vacant(), SLOTS.into());
    }
    for (number, block) in shared.blocks.iter().enumerate() {
        assert_ne!(block.is_gone(), last.owned.contains(&number), "{number}");
    }
}

#[test]
fn threads_that_allocate_and_free_each_others_objects() {
    explore(20_000, || {
        let shared = Arc::new(Shared {
            blocks: (0..2).map(|_| Block::full(SLOTS)).collect(),
            objects: Mutex::new(Vec::new()),
        });
        let all = (0..2).flat_map(|block| (1..=SLOTS).map(move |slot| Object(block, slot)));
        let mut objects: Vec<_> = all.collect();
        let players = [1, 2, 3].map(|number| {
            let player = Player {
                number,
                shared: Arc::clone(&shared),
                objects: (0..2).filter_map(|_| take_any(&mut objects)).collect(),
                // Who makes them is number 1.
                owned: if number == 1 { vec![0, 1] } else { Vec::new() },
            };
            thread::spawn(move || player.play(12))
        });
        for player in players {
            player.join().unwrap();
        }
        end(&shared);
    });
}
