//! The model's objects that there are weak handles to before their values.

use super::model::{Model, Object, Outcome};
use super::program::{Action, Culprit, Event, MOST_VALUES, Sort};

impl Model {
    /// The weak handle does not upgrade before the value is there, and never if there will be none.
    pub(super) fn create_cyclic(&mut self, action: Option<Action>, making: Action) -> Outcome {
        if self.values >= MOST_VALUES {
            return Ok(());
        }
        let id = self.announce(Object::new(action, Sort::Common));
        self.expect(&Event::Making(id));
        self.add_weak(id, None);
        self.act(making, None, Some(Culprit::Making(id)))?;
        self.values += 1;
        self.appear(id);
        self.roots.push(id);
        Ok(())
    }
}
