//! `tripline run` against streams: one in this process, behind a layer that breaks everything that can break, and real
//! emulators that reshard.

mod backfill;
mod disk;
mod doctor;
mod emulator;
mod faults;
mod faulty;
mod fickle;
mod kill;
mod lacking;
mod large;
mod ledger;
mod oracle;
mod power;
mod producer_library;
mod outage;
mod recovery;
mod reload;
mod reshard;
mod service;
mod silence;
mod soak;
mod sockets;
mod store_file;
mod storm;
mod stream;
mod subscription;
mod trouble;
