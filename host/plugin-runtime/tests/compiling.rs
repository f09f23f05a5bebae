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
        deadline: Duration::from_secs(60),
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
