//! `slogate man`: manual pages, out of what clap knows, as the help texts are.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::arguments::{Arguments, ManArguments};
use super::output::{self, own_text_to_standard_output, say};
use super::{Failure, codes};
use crate::gate::ExitCode;

/// Prints the program's own page, or writes every page into a folder.
pub(super) fn man(arguments: &ManArguments) -> Result<ExitCode, Failure> {
    let program = program();
    match &arguments.folder {
        None => {
            let page = page(&program).map_err(Failure::internal)?;
            let page = String::from_utf8(page).map_err(Failure::internal)?;
            own_text_to_standard_output(&page)?;
        }
        Some(folder) => {
            let cannot = |error: io::Error| {
                let folder = folder.display();
                Failure::usage(
                    codes::UNWRITABLE_OUTPUT,
                    format!(
                        "cannot write pages into {folder}: {error}; name a folder that may be written"
                    ),
                )
            };
            fs::create_dir_all(folder).map_err(cannot)?;
            let count = write_all(&program, folder).map_err(cannot)?;
            say(&format!(
                "wrote {count} pages; read one with `man {}/slogate.1`",
                folder.display()
            ));
        }
    }
    Ok(ExitCode::Pass)
}

/// The command with the names that pages have: `slogate-rules-test`.
fn program() -> Command {
    // The verb `help` would have a page for each of the other verbs.
    let mut program = Arguments::command().disable_help_subcommand(true);
    program.build();
    program
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}

/// Writes the page of a command and those of the verbs below it; how many there are.
fn write_all(command: &Command, folder: &Path) -> io::Result<usize> {
    let name = Man::new(command.clone()).get_filename();
    output::to_file(&folder.join(name), &page(command)?)?;
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let below: io::Result<Vec<usize>> = verbs.map(|verb| write_all(verb, folder)).collect();
    Ok(1 + below?.into_iter().sum::<usize>())
}
