// What the library of npm says, a line for each call: `node client.mjs DIRECTORY URL USER PASSWORD METHOD...`.
import { createRequire } from 'node:module';

const [, , directory, host, username, password, ...methods] = process.argv;
const Client = createRequire(`${directory}/`)('bitcoin-core');
const client = new (Client.default ?? Client)({ host, username, password });

async function say(name, call) {
  try {
    console.log(name, JSON.stringify(await call()));
  } catch (error) {
    console.log(name, 'failed:', error.code, error.message);
  }
}

for (const method of methods) await say(method, () => client.command(method));
await say('typed', async () => (await client.getBlockchainInfo()).chain);
await say('wrong parameter', () => client.command('getblockhash', 1_000_000));
await say('batch', () => client.command([
  { method: 'getblockcount', parameters: [] },
  { method: 'getblockhash', parameters: [1] },
  { method: 'getblockhash', parameters: [1_000_000] },
]));
