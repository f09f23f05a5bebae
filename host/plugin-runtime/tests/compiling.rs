//! Compiling in a child and keeping what came of it: the same plugin either way, and whatever goes wrong costs one sentence or some time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use plugin_runtime::compile_child::CompileChild;
use plugin_runtime::grants::Allowed;
use plugin_runtime::plugin::{LogMode, Plugin};
use plugin_runtime::runtime::Runtime;
use plugin_runtime::workshop::Workshop;
use std::time::{Duration, Instant};

fn child(arguments: &[&str]) -> CompileChild {
    CompileChild {
        program: env!("CARGO_BIN_EXE_compile-child").into(),
        arguments: arguments.iter().map(Into::into).collect(),
        deadline: Duration::from_secs(200),
    }
}

fn load(runtime: &Runtime, name: &str) -> Plugin {
    let bytes = fixtures::bytes(&fixtures::plugin(name));
    runtime.load(&bytes, None, &Allowed::nothing()).unwrap()
}

#[test]
#[ignore]
fn measure() {
    for name in ["fingerprint-first", "nb1010", "turnout-csv", "fingerprint-matcher"] {
        let here = Runtime::new(LogMode::Production).unwrap();
        let began = Instant::now();
        load(&here, name);
        println!("{name} here {:?}", began.elapsed());
        for mib in ["150", "200", "256", "320", "400", "512", "2048"] {
            let child = Runtime::with_workshop(LogMode::Production, Workshop::in_a_child(child(&[mib]))).unwrap();
            let began = Instant::now();
            let bytes = fixtures::bytes(&fixtures::plugin(name));
            let ok = child
                .load(&bytes, None, &Allowed::nothing())
                .map(drop)
                .map_err(|e| e.to_string());
            println!("{name} child {mib} {ok:?} {:?}", began.elapsed());
        }
    }
}

/// A component with so many functions of so many blocks, in each of which some of so many locals change.
fn heavy(count: u32, blocks: u32, locals: u32) -> Vec<u8> {
    use wasm_encoder::*;
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], []);
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    let mut state = 1_u32;
    let mut next = || { state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223); (state >> 8) % locals + 1 };
    for _ in 0..count {
    functions.function(0);
    let mut body = Function::new([(locals, ValType::I32)]);
    for _ in 0..blocks {
        let mut i = body.instructions();
        i.loop_(BlockType::Empty);
        i.local_get(next()).local_get(next()).i32_add().local_set(next());
        i.local_get(next()).br_if(0);
        i.end();
    }
    body.instructions().end();
    code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    let mut component = Component::new();
    component.section(&ModuleSection(&module));
    let manifest = r#"{"name":"heavy","version":"0.1.0","contract":"kiosk:policy/identification-policy@0.1.0","minimum-host":"0.1.0"}"#;
    component.section(&CustomSection { name: "kiosk:plugin".into(), data: manifest.as_bytes().into() });
    component.finish()
}

#[test]
#[ignore]
fn measure_heavy() {
    for (count, blocks, locals) in [(20_000, 50, 20), (1000, 900, 90), (400, 2000, 100)] {
        let bytes = heavy(count, blocks, locals);
        for (mib, seconds) in [("1024", "120"), ("512", "120")] {
            let child = Runtime::with_workshop(LogMode::Production, Workshop::in_a_child(child(&[mib, seconds]))).unwrap();
            let began = Instant::now();
            let ok = child.load(&bytes, None, &Allowed::nothing()).map(drop).map_err(|e| e.to_string());
            println!("{count} {blocks} {locals} {} bytes child {mib} {ok:?} {:?}", bytes.len(), began.elapsed());
        }
    }
}
