// voirs setup: fetches and builds what an optional backend needs and npm cannot install.
import { choiceOption, defineCommand, jsonOption } from '../command.js';
import { setupTensorflow } from '../setup/setup.js';

export const setup = defineCommand({
  usage: 'tensorflow [options]',
  details: [
    'tensorflow: libtensorflow out of its Python wheel (0.3 GB to download, 0.7 GB on disk; with --cuda 3 and 5 GB)',
    'and its add-on, compiled here. Needs Linux, npm, pip and a C++ compiler. An interrupted set-up continues where',
    'it stopped. The backend looks in the default folder, or in the one that VOIRS_TENSORFLOW_DIR names.',
  ].join('\n'),
  options: {
    cuda: { type: 'boolean', help: 'For NVIDIA GPUs: with CUDA and cuDNN' },
    dir: {
      type: 'string',
      value: 'FOLDER',
      help: "Folder to set up (default: voirs/tensorflow in the user's cache)",
    },
    wheel: {
      type: 'string',
      value: 'FILE',
      help: 'A downloaded wheel, for machines where pip has no access',
    },
    force: { type: 'boolean', help: 'Start over' },
    ...jsonOption,
  },
  positionals: { min: 1, max: 1 },
  async run({ values, positionals }, terminal) {
    choiceOption('the backend', positionals[0], ['tensorflow']);
    const { folder, record, versions } = await setupTensorflow({
      ...(values.dir === undefined ? {} : { folder: values.dir }),
      ...(values.wheel === undefined ? {} : { wheel: values.wheel }),
      cuda: values.cuda === true,
      force: values.force === true,
      report: (line) => terminal.note(line),
      signal: terminal.signal,
    });
    if (values.json) return terminal.printJson({ folder, ...record, versions });
    const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    await terminal.print(`The tensorflow backend works (${names.join(', ')}).\nIt is in ${folder}`);
    if (values.dir !== undefined)
      await terminal.print(`Set VOIRS_TENSORFLOW_DIR=${folder} for programs to find it.`);
  },
});
