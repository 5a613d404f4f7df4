//! Puts the rules that ship, and the cases beside them, into the binary: one table of (name, text), in the order of names.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let packs = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("packs");
    let mut table = String::from("&[\n");
    for pack in sorted(&packs)? {
        for file in sorted(&pack)? {
            let name = file.strip_prefix(&packs).map_err(io::Error::other)?;
            let (name, place) = (name.to_string_lossy(), Path::new("/packs").join(name));
            // The compiler knows where the package stands; the table must not: a build may be moved.
            let text = format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {place:?}))");
            writeln!(table, "    ({name:?}, {text}),").map_err(io::Error::other)?;
        }
    }
    table.push(']');
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    fs::write(out.join("packs.rs"), table)?;
    println!("cargo::rerun-if-changed=packs");
    Ok(())
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
