// voirs config: the settings of a pipeline in this environment, and where each comes from.
import { ENVIRONMENT, SynthesisConfig } from '../../config.js';
import { defineCommand, jsonOption } from '../command.js';
import { table } from '../print.js';

export const config = defineCommand({
  usage: '[options]',
  details: 'Defaults, then the VOIRS_* environment. SynthesisConfig.fromJSON reads the JSON.',
  options: jsonOption,
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    const effective = new SynthesisConfig().toJSON();
    if (values.json) return terminal.printJson(effective);
    const variables = new Map(ENVIRONMENT.map(({ field, variable }) => [field as string, variable]));
    const rows = Object.entries(effective).map(([field, value]) => {
      const variable = variables.get(field);
      const isSet = variable !== undefined && (process.env[variable] ?? '') !== '';
      return [field, String(value), isSet ? 'environment' : 'default', variable ?? '(none)'];
    });
    await terminal.print(table(['setting', 'value', 'from', 'variable'], rows));
  },
});
