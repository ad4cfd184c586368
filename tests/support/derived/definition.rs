//! Definitions of random types, each of which may use those before it.

use super::value::{Heap, PLAIN};
use crate::oracle::Random;

/// How deep types are nested in a definition.
const DEEPEST: usize = 3;

/// A type, in a definition or, without parameters, that of a value.
#[derive(Clone)]
pub(super) enum Type {
    Handle,
    /// One of [`PLAIN`].
    Plain(usize),
    /// One of the containers of the heap, and what is in it.
    In(usize, Box<Type>),
    Tuple(Vec<Type>),
    Array(Box<Type>, Box<Type>),
    /// A length, where a parameter is one.
    Length(u8),
    /// Only in skipped fields, and for parameters that are used in no other.
    Opaque,
    Parameter(usize),
    Phantom(Box<Type>),
    /// What the lifetime is for.
    Borrowed,
    /// One of the definitions, and its arguments.
    Defined(usize, Vec<Type>),
    /// A box with the type that is defined, or none.
    Myself,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameter {
    Traced,
    /// An iterator, of which there are items.
    Items,
    Length,
    /// In skipped fields, and in what has no value.
    Free,
}

#[derive(Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) of: Type,
    pub(super) is_skipped: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Style {
    Unit,
    Tuple,
    Named,
}

#[derive(Clone)]
pub(super) struct Variant {
    /// Empty for a struct.
    pub(super) name: String,
    pub(super) style: Style,
    pub(super) fields: Vec<Field>,
    pub(super) is_skipped: bool,
}

pub(super) struct Definition {
    pub(super) name: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) variants: Vec<Variant>,
    pub(super) is_enum: bool,
    pub(super) is_leaf: bool,
    pub(super) has_finalizer: bool,
    pub(super) has_lifetime: bool,
    /// Says which bounds there are, and where the crate is.
    pub(super) is_explicit: bool,
    /// How much there is in a value.
    weight: usize,
}

/// As much as what is defined weighs, to be used again.
const HEAVIEST: usize = 24;

/// Names that the expansion might use, too.
const NAMES: [&str; 10] = [
    "a",
    "r#type",
    "__field_0",
    "__tracer",
    "__value",
    "depth",
    "r#fn",
    "Trace",
    "Some",
    "__guard_0",
];

/// Makes definitions up.
pub(super) struct Definitions<'a> {
    pub(super) random: &'a mut Random,
    pub(super) heap: &'a Heap,
    pub(super) all: Vec<Definition>,
    parameters: Vec<Parameter>,
}

impl<'a> Definitions<'a> {
    pub(super) fn new(random: &'a mut Random, heap: &'a Heap) -> Self {
        Self {
            random,
            heap,
            all: Vec::new(),
            parameters: Vec::new(),
        }
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::from(self.random.below(limit as u8))
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(super) fn add(&mut self) {
        let is_leaf = self.one_in(8);
        let count = if is_leaf { 0 } else { self.below(4) };
        self.parameters = (0..count).map(|_| self.parameter()).collect();
        let is_enum = self.one_in(2);
        let count = if is_enum { 1 + self.below(4) } else { 1 };
        let mut variants: Vec<_> = (0..count)
            .map(|number| self.variant(is_enum.then_some(number), is_leaf))
            .collect();
        let has_lifetime = !is_leaf && self.one_in(6);
        self.use_parameters(&mut variants[0], has_lifetime);
        let fields = variants.iter().flat_map(|variant| &variant.fields);
        let weight = fields.clone().map(|field| self.weight(&field.of)).sum();
        // In itself it uses all parameters, and the derive wants all of them to be `Trace` then.
        let holds_itself = fields.clone().any(|field| matches!(field.of, Type::Myself));
        let is_told = |it: &Parameter| matches!(it, Parameter::Items | Parameter::Free);
        let has_to_say = holds_itself && self.parameters.iter().any(is_told);
        let definition = Definition {
            weight,
            name: format!("T{}", self.all.len()),
            parameters: self.parameters.clone(),
            variants,
            is_enum,
            is_leaf,
            has_finalizer: self.one_in(3),
            has_lifetime,
            is_explicit: has_to_say || self.one_in(4),
        };
        self.all.push(definition);
    }

    fn weight(&self, of: &Type) -> usize {
        let sum = |types: &[Type]| types.iter().map(|of| self.weight(of)).sum::<usize>();
        match of {
            Type::In(_, of) | Type::Array(of, _) => 2 * self.weight(of),
            Type::Tuple(types) => sum(types),
            Type::Defined(index, arguments) => self.all[*index].weight + 2 * sum(arguments),
            Type::Parameter(_) | Type::Myself => 3,
            _ => 1,
        }
    }

    fn parameter(&mut self) -> Parameter {
        match self.below(6) {
            0 => Parameter::Items,
            1 => Parameter::Length,
            2 => Parameter::Free,
            _ => Parameter::Traced,
        }
    }

    fn variant(&mut self, number: Option<usize>, is_leaf: bool) -> Variant {
        let style = match self.below(5) {
            0 => Style::Unit,
            1 | 2 => Style::Tuple,
            _ => Style::Named,
        };
        let count = match style {
            Style::Unit => 0,
            _ => self.below(5),
        };
        let is_skipped = number.is_some() && !is_leaf && count > 0 && self.one_in(8);
        let first = self.below(NAMES.len());
        Variant {
            name: number
                .map(|number| format!("V{number}"))
                .unwrap_or_default(),
            style,
            fields: (0..count)
                .map(|number| {
                    let is_skipped = !is_skipped && !is_leaf && self.one_in(5);
                    Field {
                        name: NAMES[(first + number) % NAMES.len()].to_owned(),
                        is_skipped,
                        of: self.field_type(is_leaf, is_skipped),
                    }
                })
                .collect(),
            is_skipped,
        }
    }

    fn field_type(&mut self, is_leaf: bool, is_skipped: bool) -> Type {
        let free = self.usable(|it| it == Parameter::Free);
        match free.first() {
            _ if is_leaf => Type::Plain(self.below(PLAIN.len())),
            Some(index) if is_skipped => Type::Parameter(*index),
            None if is_skipped && self.one_in(2) => Type::Opaque,
            _ => self.any(DEEPEST),
        }
    }

    /// Every parameter has to be used.
    fn use_parameters(&mut self, variant: &mut Variant, has_lifetime: bool) {
        if has_lifetime {
            variant.fields.push(Field {
                name: "lifetime".to_owned(),
                of: Type::Borrowed,
                is_skipped: false,
            });
        }
        let first = NAMES.len() - self.parameters.len();
        for (index, parameter) in self.parameters.clone().into_iter().enumerate() {
            let of = match parameter {
                Parameter::Length => continue,
                _ => Type::Phantom(Box::new(Type::Parameter(index))),
            };
            variant.fields.push(Field {
                name: format!("{}_{index}", NAMES[first + index]).replace("r#", ""),
                of,
                is_skipped: false,
            });
        }
        if let Style::Unit = variant.style
            && !variant.fields.is_empty()
        {
            variant.style = Style::Tuple;
        }
    }

    /// Any type that is `Trace`, in a definition.
    fn any(&mut self, deepest: usize) -> Type {
        let usable = self.usable(|it| matches!(it, Parameter::Traced | Parameter::Items));
        let all = 0..self.all.len();
        let light: Vec<_> = all.filter(|i| self.all[*i].weight <= HEAVIEST).collect();
        match self.below(if deepest == 0 { 4 } else { 12 }) {
            0 | 1 => Type::Handle,
            2 => Type::Plain(self.below(PLAIN.len())),
            3 if !usable.is_empty() => Type::Parameter(usable[self.below(usable.len())]),
            3 => Type::Handle,
            4 if deepest == DEEPEST => Type::Myself,
            4 | 5 => {
                let count = 1 + self.below(3);
                Type::Tuple((0..count).map(|_| self.any(deepest - 1)).collect())
            }
            6 => Type::Array(Box::new(self.any(deepest - 1)), Box::new(self.length())),
            7..10 if !light.is_empty() => {
                let index = light[self.below(light.len())];
                self.defined(index, deepest - 1)
            }
            _ => Type::In(
                self.below(self.heap.containers.len()),
                Box::new(self.any(deepest - 1)),
            ),
        }
    }

    /// A use of a definition.
    pub(super) fn defined(&mut self, index: usize, deepest: usize) -> Type {
        let parameters = self.all[index].parameters.clone();
        let arguments = parameters.into_iter().map(|parameter| match parameter {
            Parameter::Traced | Parameter::Items => self.any(deepest.min(1)),
            Parameter::Length => self.length(),
            Parameter::Free => Type::Opaque,
        });
        Type::Defined(index, arguments.collect())
    }

    /// The same where there are no parameters, for a value.
    pub(super) fn whole(&mut self, index: usize) -> Type {
        self.parameters.clear();
        self.defined(index, DEEPEST - 1)
    }

    fn length(&mut self) -> Type {
        let usable = self.usable(|it| it == Parameter::Length);
        if usable.is_empty() {
            Type::Length(self.random.below(3))
        } else {
            Type::Parameter(usable[self.below(usable.len())])
        }
    }

    fn usable(&self, is_it: impl Fn(Parameter) -> bool) -> Vec<usize> {
        let indices = 0..self.parameters.len();
        indices.filter(|i| is_it(self.parameters[*i])).collect()
    }
}
