//! Expressions that make values.

use super::definition::{Definitions, Style, Type};

/// Types that hold no handle which is reported: their names, and their values.
pub(super) const PLAIN: [(&str, &str); 8] = [
    ("u8", "1"),
    ("String", "String::from(\"text\")"),
    ("&'static str", "\"text\""),
    ("fn(u8) -> u8", "(|it| it) as fn(u8) -> u8"),
    ("()", "()"),
    ("DropProbe", "m.probe()"),
    (
        "Option<std::sync::Arc<DropProbe>>",
        "Some(std::sync::Arc::new(m.probe()))",
    ),
    ("Vec<DropProbe>", "vec![m.probe(), m.probe()]"),
];

/// A generic type of the library, `$` being what is in it, and values of it; `#` is the type of what is in it.
pub(super) struct Container {
    pub(super) name: &'static str,
    values: &'static [&'static str],
    /// No finalizer runs in it.
    is_cell: bool,
}

/// Where values live.
pub(super) struct Heap {
    pub(super) name: &'static str,
    pub(super) containers: &'static [Container],
}

const fn plain(name: &'static str, values: &'static [&'static str]) -> Container {
    Container {
        name,
        values,
        is_cell: false,
    }
}

const fn cell(name: &'static str, values: &'static [&'static str]) -> Container {
    Container {
        name,
        values,
        is_cell: true,
    }
}

const OPTION: Container = plain("Option<$>", &["None", "Some($)"]);
const RESULT: Container = plain("Result<$, u8>", &["Ok($)", "Err(1)"]);
const BOX: Container = plain("Box<$>", &["Box::new($)"]);
const VEC: Container = plain("Vec<$>", &["Vec::new()", "vec![$]", "vec![$, $]"]);
const SLICE: Container = plain("Box<[$]>", &["vec![$, $].into_boxed_slice()"]);
const QUEUE: Container = plain("VecDeque<$>", &["VecDeque::from([$, $])"]);
const BY_KEY: Container = plain("BTreeMap<u8, $>", &["BTreeMap::from([(1, $), (2, $)])"]);
const BY_HASH: Container = plain(
    "HashMap<u8, $>",
    &["HashMap::new()", "HashMap::from([(1, $)])"],
);
const REVERSE: Container = plain("Reverse<$>", &["Reverse($)"]);
const MUTEX: Container = cell("Mutex<$>", &["Mutex::new($)"]);
const RW_LOCK: Container = cell("RwLock<$>", &["RwLock::new($)"]);
const ONCE_LOCK: Container = cell("OnceLock<$>", &["OnceLock::new()", "OnceLock::from($)"]);

pub(super) const LOCAL: Heap = Heap {
    name: "local",
    containers: &[
        OPTION,
        RESULT,
        BOX,
        VEC,
        SLICE,
        QUEUE,
        BY_KEY,
        BY_HASH,
        REVERSE,
        MUTEX,
        plain(
            "Box<dyn gordian::Trace>",
            &["Box::new(same::<#>($)) as Box<dyn gordian::Trace>"],
        ),
        cell("Cell<$>", &["Cell::new($)"]),
        cell("RefCell<$>", &["RefCell::new($)"]),
        cell("OnceCell<$>", &["OnceCell::new()", "OnceCell::from($)"]),
    ],
};

pub(super) const SYNC: Heap = Heap {
    name: "sync",
    containers: &[
        OPTION,
        RESULT,
        BOX,
        VEC,
        SLICE,
        QUEUE,
        BY_KEY,
        BY_HASH,
        REVERSE,
        MUTEX,
        RW_LOCK,
        ONCE_LOCK,
        plain(
            "Box<dyn gordian::Trace + Send + Sync>",
            &["Box::new(same::<#>($)) as Box<dyn gordian::Trace + Send + Sync>"],
        ),
    ],
};

/// How deep a value of a type goes that holds itself.
const DEEPEST_SELF: usize = 2;

/// Where in a value another one is.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    is_hidden: bool,
    runs_no_finalizer: bool,
    selves: usize,
}

impl Definitions<'_> {
    /// An expression for a value of a type without parameters.
    pub(super) fn value(&mut self, of: &Type, place: Place) -> String {
        let list = |this: &mut Self, types: &[Type]| -> String {
            let values = types.iter().map(|of| this.value(of, place) + ",");
            values.collect()
        };
        match of {
            Type::Handle if place.is_hidden => "m.hidden()".to_owned(),
            Type::Handle => "m.seen()".to_owned(),
            Type::Opaque => "m.opaque()".to_owned(),
            Type::Plain(number) => PLAIN[*number].1.to_owned(),
            Type::Phantom(_) | Type::Borrowed => "PhantomData".to_owned(),
            Type::Tuple(types) => format!("({})", list(self, types)),
            Type::Array(of, length) => {
                let Type::Length(length) = **length else {
                    unreachable!("a value has no parameters")
                };
                let types = vec![(**of).clone(); length.into()];
                format!("[{}]", list(self, &types))
            }
            Type::In(container, of) => self.contained(*container, of, place),
            Type::Defined(index, arguments) => self.made(*index, arguments, place),
            Type::Length(_) | Type::Parameter(_) | Type::Myself => unreachable!("no value's type"),
        }
    }

    fn contained(&mut self, container: usize, of: &Type, mut place: Place) -> String {
        let container = &self.heap.containers[container];
        place.runs_no_finalizer |= container.is_cell;
        let value = container.values[self.below(container.values.len())];
        let value = value.replace('#', &self.written(of));
        let mut parts = value.split('$');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            text += &self.value(of, place);
            text += part;
        }
        text
    }

    /// A value of one of the definitions.
    fn made(&mut self, index: usize, arguments: &[Type], mut place: Place) -> String {
        let variant = self.below(self.all[index].variants.len());
        let definition = &self.all[index];
        let variant = definition.variants[variant].clone();
        let are_skipped = variant.is_skipped || definition.is_leaf;
        let finalizes = definition.has_finalizer && !place.runs_no_finalizer;
        let path = if definition.is_enum {
            format!("{}::{}", definition.name, variant.name)
        } else {
            definition.name.clone()
        };
        place.selves += 1;
        let mut values = String::new();
        for field in variant.fields {
            let is_skipped = field.is_skipped || are_skipped;
            let place = Place {
                is_hidden: place.is_hidden || is_skipped,
                runs_no_finalizer: place.runs_no_finalizer || is_skipped,
                ..place
            };
            if let Style::Named = variant.style {
                values += &format!("{}: ", field.name);
            }
            values += &self.field(&field.of, index, arguments, place);
            values += ", ";
        }
        let made = match variant.style {
            Style::Unit => path,
            Style::Tuple => format!("{path}({values})"),
            Style::Named => format!("{path} {{ {values} }}"),
        };
        if finalizes {
            format!("m.finalizing({made})")
        } else {
            made
        }
    }

    fn field(&mut self, of: &Type, index: usize, arguments: &[Type], place: Place) -> String {
        if !matches!(of, Type::Myself) {
            return self.value(&substituted(of, arguments), place);
        }
        if place.selves > DEEPEST_SELF || self.below(2) == 0 {
            return "None".to_owned();
        }
        format!("Some(Box::new({}))", self.made(index, arguments, place))
    }
}

/// A type with arguments in place of its parameters.
fn substituted(of: &Type, arguments: &[Type]) -> Type {
    let all = |types: &[Type]| types.iter().map(|of| substituted(of, arguments)).collect();
    let boxed = |of: &Type| Box::new(substituted(of, arguments));
    match of {
        Type::Parameter(index) => arguments[*index].clone(),
        Type::In(container, of) => Type::In(*container, boxed(of)),
        Type::Tuple(types) => Type::Tuple(all(types)),
        Type::Array(of, length) => Type::Array(boxed(of), boxed(length)),
        Type::Phantom(of) => Type::Phantom(boxed(of)),
        Type::Defined(index, types) => Type::Defined(*index, all(types)),
        other => other.clone(),
    }
}
