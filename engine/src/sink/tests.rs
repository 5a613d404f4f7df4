//! What attackers write, through every field they choose, into every form a sink sends: nothing of it is obeyed.

mod addresses;
mod files;
mod hostile;
mod payloads;
mod sizes;
