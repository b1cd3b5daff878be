//! An authority of the test's own, made by openssl, and certificates that it signs.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::outside;

/// Certificates of an authority of its own, made by openssl.
pub(crate) struct Authority {
    folder: TempDir,
}

impl Authority {
    /// A new one; nothing without openssl.
    pub(crate) fn new() -> Option<Self> {
        if !outside::has("openssl") {
            return None;
        }
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        authority.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
             -subj /CN=authority -keyout ca.key -out ca.pem",
        );
        Some(authority)
    }

    /// A certificate `NAME.pem` with its key `NAME.key`, from one day to another.
    pub(crate) fn sign(&self, name: &str, alternative_name: &str, (from, until): (&str, &str)) {
        std::fs::write(
            self.path("ext"),
            format!("subjectAltName={alternative_name}\nextendedKeyUsage=serverAuth,clientAuth\n"),
        )
        .unwrap();
        std::fs::write(self.path("index"), "").unwrap();
        std::fs::write(
            self.path("ca.conf"),
            "[ca]\ndefault_ca=own\n[own]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\n\
             default_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n",
        )
        .unwrap();
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} \
             -keyout {name}.key -out {name}.csr"
        ));
        self.openssl(&format!(
            "ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -in {name}.csr \
             -out {name}.pem -startdate {from} -enddate {until} -extfile ext -notext"
        ));
    }

    pub(crate) fn openssl(&self, arguments: &str) -> String {
        let mut command = Command::new("openssl");
        command.args(arguments.split_whitespace()).current_dir(self.folder.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }
}

/// Of a certificate that is good today.
pub(crate) const NOW: (&str, &str) = ("20200101000000Z", "20990101000000Z");
/// Of one that has expired.
pub(crate) const LONG_AGO: (&str, &str) = ("20200101000000Z", "20200102000000Z");
