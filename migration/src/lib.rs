//! The schema's history, append-only: what the server runs at start. `README.md` says how to add a step.

pub use sea_orm_migration::prelude::{MigrationTrait, MigratorTrait};

mod m0001_first;

/// Every migration in order.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_first::Migration)]
    }
}
