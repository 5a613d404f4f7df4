//! Puts the scenarios into the binary: one table of (name, text), in the order of names.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("scenarios");
    let mut table = String::from("&[\n");
    let mut paths = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "yml")) {
        let file = path.file_name().map(Path::new).unwrap_or(path);
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        // The compiler knows where the package stands; the table must not: a build may be moved.
        let place = Path::new("/scenarios").join(file);
        let text = format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {place:?}))");
        writeln!(table, "    ({name:?}, {text}),").map_err(io::Error::other)?;
    }
    table.push(']');
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    fs::write(out.join("scenarios.rs"), table)?;
    println!("cargo::rerun-if-changed=scenarios");
    Ok(())
}
