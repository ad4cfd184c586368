//! A workspace in a temporary directory, which goes when the workspace does: an article's sample.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

use super::stage::{Log, Slot};
use super::{Gc, Trace, gc, to_the_end, weak};

/// What is registered to remove the directory of a workspace.
pub(super) type Cleanup = weak::Finalizer<TempWorkspace, Box<dyn FnOnce() + Send>>;

#[derive(Trace)]
pub(super) struct TempWorkspace {
    pub(super) path: PathBuf,
    cleanup: CleanupSlot,
    _tracked: Slot<Gc<TempWorkspace>>,
}

#[derive(Trace)]
struct CleanupSlot(#[trace(skip)] Mutex<Option<Cleanup>>);

impl TempWorkspace {
    pub(super) fn new() -> Gc<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("gordian-workspace-{}-{number}", process::id()));
        fs::create_dir(&path).unwrap();
        let cleanup = CleanupSlot(Mutex::new(None));
        Gc::new(Self {
            path,
            cleanup,
            _tracked: Slot::empty(),
        })
    }

    /// Removes the directory once the workspace is gone.
    pub(super) fn clean_up(this: &Gc<Self>) -> Cleanup {
        let path = this.path.clone();
        let remove: Box<dyn FnOnce() + Send> = Box::new(move || fs::remove_dir_all(path).unwrap());
        let cleanup = weak::finalize(this, remove);
        *this.cleanup.0.lock().unwrap() = Some(cleanup.clone());
        cleanup
    }
}

/// The path that a thread left in a log, with whether its directory was there at its end.
pub(super) fn left_by_a_thread(f: impl FnOnce() -> PathBuf + Send + 'static) -> PathBuf {
    let log = Log::default();
    to_the_end({
        let log = log.clone();
        move || {
            gc::disable();
            let path = f();
            assert!(path.is_dir());
            log.add(path.to_str().unwrap());
        }
    });
    PathBuf::from(log.take().pop().unwrap())
}
