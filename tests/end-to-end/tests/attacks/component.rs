//! Plugins that say of themselves what they are told to.

use plugin_package::{Manifest, SECTION};
use wasm_encoder::{
    BlockType, CodeSection, Component, ComponentSection as _, CustomSection, Function, FunctionSection, Module,
    ModuleSection, TypeSection, ValType,
};

/// Magic, version and layer of a component.
const HEADER_BYTES: usize = 8;

/// A plugin with another manifest.
pub(crate) fn disguised(component: &[u8], change: impl FnOnce(&mut Manifest)) -> Vec<u8> {
    let mut manifest = plugin_package::read_manifest(component).unwrap();
    change(&mut manifest);
    let (header, mut rest) = component.split_at(HEADER_BYTES);
    let mut bytes = header.to_vec();
    while let Some((kind, after)) = rest.split_first() {
        let (length, digits) = number(after);
        let (section, next) = after[digits..].split_at(length);
        let is_manifest = *kind == 0 && section[1..].starts_with(SECTION.as_bytes());
        if !is_manifest {
            bytes.extend_from_slice(&rest[..1 + digits + length]);
        }
        rest = next;
    }
    append(&mut bytes, SECTION, &serde_json::to_vec(&manifest).unwrap());
    bytes
}

fn append(bytes: &mut Vec<u8>, name: &str, data: &[u8]) {
    let section = CustomSection {
        name: name.into(),
        data: data.into(),
    };
    section.append_to_component(bytes);
}

/// An unsigned number of a component's file (LEB128), and how many bytes it takes.
fn number(bytes: &[u8]) -> (usize, usize) {
    let digits = bytes.iter().take_while(|byte| **byte >= 0x80).count() + 1;
    let value = bytes[..digits]
        .iter()
        .rev()
        .fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    (value, digits)
}

/// A policy with one function that takes a compiler longer than anyone waits: each of its many variables lives across all of its
/// many loops.
pub(crate) fn tangled(name: &str) -> Vec<u8> {
    const LOOPS: u32 = 10_000;
    const VARIABLES: u32 = 1_000;
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut body = Function::new([(VARIABLES, ValType::I32)]);
    for turn in 0..LOOPS {
        // Any of them: the steps have no divisor in common with their number.
        let any = |step: u32| turn * step % VARIABLES;
        body.instructions()
            .loop_(BlockType::Empty)
            .local_get(any(7))
            .local_get(any(391))
            .i32_add()
            .local_set(any(143))
            .local_get(any(777))
            .br_if(0)
            .end();
    }
    body.instructions().end();
    let mut code = CodeSection::new();
    code.function(&body);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    let mut component = Component::new();
    component.section(&ModuleSection(&module));
    let mut bytes = component.finish();
    let manifest = serde_json::json!({
        "name": name,
        "version": "0.1.0",
        "contract": "kiosk:policy/identification-policy@0.1.0",
        "minimum-host": "0.1.0",
    });
    append(&mut bytes, SECTION, manifest.to_string().as_bytes());
    bytes
}
