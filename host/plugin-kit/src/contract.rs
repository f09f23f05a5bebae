//! A page about a contract, made out of its WIT: what stands in the contract stands on the page, and nothing else.

use crate::cli::ContractName;
use crate::sentence::Sentence;
use std::fmt::Write as _;
use wit_bindgen_core::wit_parser::{
    Docs, Function, FunctionKind, Handle, Interface, Resolve, Type, TypeDefKind, TypeId, UnresolvedPackageGroup,
    WorldItem,
};

const TYPES: &str = include_str!("../../../wit/types/v0/types.wit");

fn text_of(name: ContractName) -> (&'static str, &'static str) {
    match name {
        ContractName::Types => ("types", TYPES),
        ContractName::Driver => ("driver", include_str!("../../../wit/driver/v0/driver.wit")),
        ContractName::Matcher => ("matcher", include_str!("../../../wit/matcher/v0/matcher.wit")),
        ContractName::Policy => ("policy", include_str!("../../../wit/policy/v0/policy.wit")),
        ContractName::Exporter => ("exporter", include_str!("../../../wit/exporter/v0/exporter.wit")),
    }
}

/// The page, in Markdown.
///
/// # Errors
/// Where the WIT does not parse: a fault of this build.
pub fn page(name: ContractName) -> Result<String, Sentence> {
    let (short, text) = text_of(name);
    let failed = |cause: &dyn std::fmt::Display| Sentence(format!("the contract could not be read: {cause}"));
    let mut resolve = Resolve::default();
    let parse = |path: &str, text: &str| UnresolvedPackageGroup::parse(path, text).map_err(|(_, cause)| failed(&cause));
    let mut package = resolve
        .push_group(parse("types.wit", TYPES)?)
        .map_err(|cause| failed(&cause))?;
    if name != ContractName::Types {
        package = resolve
            .push_group(parse(&format!("{short}.wit"), text)?)
            .map_err(|cause| failed(&cause))?;
    }
    let package = &resolve.packages[package];
    let mut out = format!("# `{}`\n\n", package.name);
    out += "Made by `plugin-kit contract` out of the contract itself; change that, not this page.\n\n";
    if let Some(docs) = paragraph(&package.docs) {
        out += &format!("{docs}\n\n");
    }
    for (name, world) in &package.worlds {
        let world = &resolve.worlds[*world];
        out += &format!("## World `{name}`\n\n");
        if let Some(docs) = paragraph(&world.docs) {
            out += &format!("{docs}\n\n");
        }
        for (what, items) in [("imports", &world.imports), ("exports", &world.exports)] {
            let names: Vec<String> = items.values().filter_map(|item| item_name(&resolve, item)).collect();
            if !names.is_empty() {
                out += &format!("It {what} {}.\n\n", names.join(", "));
            }
        }
    }
    for (name, interface) in &package.interfaces {
        write_interface(&mut out, &resolve, name, &resolve.interfaces[*interface]);
    }
    Ok(out)
}

fn item_name(resolve: &Resolve, item: &WorldItem) -> Option<String> {
    let WorldItem::Interface { id, .. } = item else {
        return None;
    };
    let interface = &resolve.interfaces[*id];
    let package = interface.package.map(|package| &resolve.packages[package].name);
    let name = interface.name.as_deref().unwrap_or("?");
    Some(match package {
        Some(package) => format!("`{}:{}/{name}`", package.namespace, package.name),
        None => format!("`{name}`"),
    })
}

/// A comment as one paragraph a paragraph.
fn paragraph(docs: &Docs) -> Option<String> {
    let text = docs.contents.as_deref()?.trim();
    let paragraphs: Vec<String> = text
        .split("\n\n")
        .map(|part| part.lines().map(str::trim).collect::<Vec<_>>().join(" "))
        .collect();
    (!text.is_empty()).then(|| paragraphs.join("\n\n"))
}

fn write_interface(out: &mut String, resolve: &Resolve, name: &str, interface: &Interface) {
    // Writing to a string does not fail.
    let _ = write!(out, "## Interface `{name}`\n\n");
    if let Some(docs) = paragraph(&interface.docs) {
        let _ = write!(out, "{docs}\n\n");
    }
    for (name, id) in &interface.types {
        write_type(out, resolve, name, *id, interface);
    }
    for function in interface
        .functions
        .values()
        .filter(|function| function.kind == FunctionKind::Freestanding)
    {
        write_function(out, resolve, function, 3);
    }
}

fn write_type(out: &mut String, resolve: &Resolve, name: &str, id: TypeId, interface: &Interface) {
    let definition = &resolve.types[id];
    let rows = |out: &mut String, head: &str, rows: Vec<(String, Option<String>)>| {
        let _ = write!(out, "{head}");
        for (left, docs) in rows {
            let _ = writeln!(out, "| {left} | {} |", docs.unwrap_or_default().replace("\n\n", " "));
        }
        out.push('\n');
    };
    let title = |out: &mut String, kind: &str| {
        let _ = write!(out, "### {kind} `{name}`\n\n");
        if let Some(docs) = paragraph(&definition.docs) {
            let _ = write!(out, "{docs}\n\n");
        }
    };
    match &definition.kind {
        TypeDefKind::Record(record) => {
            title(out, "Record");
            let fields = record.fields.iter();
            let fields = fields.map(|field| {
                (
                    format!("`{}`: {}", field.name, type_name(resolve, &field.ty)),
                    paragraph(&field.docs),
                )
            });
            rows(out, "| field | |\n|---|---|\n", fields.collect());
        }
        TypeDefKind::Enum(cases) => {
            title(out, "Enum");
            let cases = cases
                .cases
                .iter()
                .map(|case| (format!("`{}`", case.name), paragraph(&case.docs)));
            rows(out, "| case | |\n|---|---|\n", cases.collect());
        }
        TypeDefKind::Variant(variant) => {
            title(out, "Variant");
            let cases = variant.cases.iter().map(|case| {
                let of = case
                    .ty
                    .map_or(String::new(), |of| format!(" of {}", type_name(resolve, &of)));
                (format!("`{}`{of}", case.name), paragraph(&case.docs))
            });
            rows(out, "| case | |\n|---|---|\n", cases.collect());
        }
        TypeDefKind::Resource => {
            title(out, "Resource");
            let of_it = |function: &&Function| function.kind.resource() == Some(id);
            for function in interface.functions.values().filter(of_it) {
                write_function(out, resolve, function, 4);
            }
        }
        // A name of another interface's type says nothing new.
        TypeDefKind::Type(Type::Id(other)) if resolve.types[*other].owner != definition.owner => {}
        _ => {
            title(out, "Type");
            let _ = write!(out, "Is {}.\n\n", kind_name(resolve, &definition.kind));
        }
    }
}

fn write_function(out: &mut String, resolve: &Resolve, function: &Function, depth: usize) {
    let parameters: Vec<String> = function
        .params
        .iter()
        .filter(|parameter| parameter.name != "self")
        .map(|parameter| format!("{}: {}", parameter.name, plain(&type_name(resolve, &parameter.ty))))
        .collect();
    let result = function.result.map_or(String::new(), |result| {
        format!(" -> {}", plain(&type_name(resolve, &result)))
    });
    let what = match function.kind {
        FunctionKind::Constructor(_) => "constructor",
        FunctionKind::Static(_) => "static",
        FunctionKind::Method(_) => "method",
        _ => "function",
    };
    let name = function.item_name();
    let _ = write!(
        out,
        "{} `{name}`\n\n```\n{what} {name}({}){result}\n```\n\n",
        "#".repeat(depth),
        parameters.join(", ")
    );
    if let Some(docs) = paragraph(&function.docs) {
        let _ = write!(out, "{docs}\n\n");
    }
}

/// Inside a block of code no marks are wanted.
fn plain(name: &str) -> String {
    name.replace('`', "")
}

fn type_name(resolve: &Resolve, of: &Type) -> String {
    match of {
        Type::Id(id) => match &resolve.types[*id].name {
            Some(name) => format!("`{name}`"),
            None => kind_name(resolve, &resolve.types[*id].kind),
        },
        Type::Bool => "bool".to_owned(),
        Type::U8 => "u8".to_owned(),
        Type::U16 => "u16".to_owned(),
        Type::U32 => "u32".to_owned(),
        Type::U64 => "u64".to_owned(),
        Type::S8 => "s8".to_owned(),
        Type::S16 => "s16".to_owned(),
        Type::S32 => "s32".to_owned(),
        Type::S64 => "s64".to_owned(),
        Type::F32 => "f32".to_owned(),
        Type::F64 => "f64".to_owned(),
        Type::Char => "char".to_owned(),
        Type::String => "string".to_owned(),
        Type::ErrorContext => "error-context".to_owned(),
    }
}

fn kind_name(resolve: &Resolve, kind: &TypeDefKind) -> String {
    let name = |of: &Type| type_name(resolve, of);
    match kind {
        TypeDefKind::Type(of) => name(of),
        TypeDefKind::List(of) => format!("list of {}", name(of)),
        TypeDefKind::Option(of) => format!("optional {}", name(of)),
        TypeDefKind::Tuple(tuple) => {
            let parts: Vec<String> = tuple.types.iter().map(name).collect();
            format!("({})", parts.join(", "))
        }
        TypeDefKind::Result(result) => {
            let part = |of: &Option<Type>| of.as_ref().map_or("nothing".to_owned(), name);
            format!("{} or error {}", part(&result.ok), part(&result.err))
        }
        TypeDefKind::Handle(Handle::Own(id)) => type_name(resolve, &Type::Id(*id)),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrowed {}", type_name(resolve, &Type::Id(*id))),
        _ => "?".to_owned(),
    }
}
