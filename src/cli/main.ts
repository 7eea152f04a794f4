#!/usr/bin/env node
// The `voirs` program: finds the command, runs it, and turns an error into one line and an exit code.
import { COMMANDS, loadCommand } from './catalog.js';
import { parseCommandLine } from './command.js';
import { packageVersion } from './environment.js';
import { commandHelp, programHelp } from './help.js';
import { Terminal } from './terminal.js';

async function main(argv: string[]): Promise<void> {
  const terminal = new Terminal(argv);
  try {
    const [name, ...rest] = argv;
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      const asked = name === 'help' && rest[0] !== undefined ? rest[0] : undefined;
      if (asked === undefined) await terminal.print(programHelp(COMMANDS));
      else await terminal.print(commandHelp(asked, await loadCommand(asked)));
      // A script that forgot the command must not take the help for success.
      if (name === undefined) process.exitCode = 2;
      return;
    }
    if (name === '--version' || name === '-V') {
      await terminal.print(packageVersion());
      return;
    }
    const command = await loadCommand(name);
    const parsed = parseCommandLine(name, command, rest);
    if (parsed === 'help') await terminal.print(commandHelp(name, command));
    else await command.run(parsed, terminal);
  } catch (error) {
    process.exitCode = await terminal.fail(error);
  } finally {
    terminal.close();
  }
}

await main(process.argv.slice(2));
// Threads of a backend must not keep a finished program alive; all output has been written by now.
process.exit();
