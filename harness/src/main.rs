//! The `slogate` binary.

fn main() -> std::process::ExitCode {
    slogate::cli::main()
}
