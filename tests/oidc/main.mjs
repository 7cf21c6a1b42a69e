// Runs a command beside certified OpenID providers on loopback. ROKUBAN_OIDC tells it where they are:
//   npm ci && node main.mjs cargo test --workspace --test in_process certified -- --ignored
// They end with the command.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { dresses } from './dresses.mjs';
import { serve } from './serve.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('Name the command to run beside the providers.');
  process.exit(2);
}
const providers = Object.fromEntries(
  await Promise.all(Object.entries(dresses).map(async ([name, dress]) => [name, await serve(dress)])),
);
const child = spawn(command, args, {
  stdio: 'inherit',
  env: { ...process.env, ROKUBAN_OIDC: JSON.stringify(providers) },
});
child.on('error', (error) => {
  console.error(`${command} can't be run: ${error.message}`);
  process.exit(2);
});
const [code] = await once(child, 'exit');
process.exit(code ?? 1);
