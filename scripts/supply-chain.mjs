// Checks where the packages come from, for .ci/run: the lock file's hosts and digests, known vulnerabilities, and
// programs that an install would run. What needs a registry is skipped, with a line, where none answers, and every
// step has a time limit. test/package/lock-file.test.ts checks without a network what can be.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const LIMIT_MS = 120_000;
const LINT = 'lockfile-lint@5.0.1';

let failures = 0;
const skip = (what, why) => console.log(`SKIP ${what}: ${why}`);

function npm(command, args) {
  return spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 26,
    env: { ...process.env, npm_config_fetch_retries: '1', npm_config_fetch_timeout: '30000' },
    shell: process.platform === 'win32',
  });
}

function lint() {
  const rules = '--type npm --validate-https --validate-integrity --allowed-hosts npm'.split(' ');
  const version = npm('npx', ['--yes', LINT, '--version']);
  if (version.status !== 0) return skip('lockfile-lint', 'the registry does not give it');
  const { status, stdout, stderr } = npm('npx', ['--yes', LINT, '--path', 'package-lock.json', ...rules]);
  if (status === 0) return console.log('lock file: hosts and digests are as they should be');
  failures++;
  console.error(`lockfile-lint: ${stdout}${stderr}`);
}

function audit() {
  // Only what users get. Tools of the build are seen in the next line, and do not fail it.
  for (const [what, args, isFatal] of [
    ['packages of users', ['--omit=dev', '--audit-level=low'], true],
    ['tools of the build', ['--audit-level=high'], false],
  ]) {
    const { status, stdout, error } = npm('npm', ['audit', '--json', ...args]);
    let report;
    try {
      report = JSON.parse(stdout);
    } catch {
      report = undefined;
    }
    if (report?.metadata?.vulnerabilities === undefined) {
      const why = error ? error.message : (report?.message ?? 'no answer').split('\n')[0];
      skip(`npm audit, ${what}`, `the registry does not answer (${why.replace(/https?:\S+/, 'URL')})`);
      continue;
    }
    const { total } = report.metadata.vulnerabilities;
    console.log(`npm audit, ${what}: ${total} known vulnerabilities`);
    if (status === 0) continue;
    for (const { name, severity, range } of Object.values(report.vulnerabilities))
      console.error(`  ${name} ${range}: ${severity}`);
    if (isFatal) failures++;
  }
}

lint();
audit();
process.exitCode = failures === 0 ? 0 : 1;
