// Calls until the chain has a height: `node follow.mjs DIRECTORY URL USER PASSWORD HEIGHT`.
import { createRequire } from 'node:module';
import { setTimeout } from 'node:timers/promises';

const [, , directory, host, username, password, height] = process.argv;
const Client = createRequire(`${directory}/`)('bitcoin-core');
const client = new (Client.default ?? Client)({ host, username, password });
let calls = 1;
while ((await client.command('getblockcount')) < Number(height)) {
  calls += 1;
  await setTimeout(5);
}
console.log(calls);
