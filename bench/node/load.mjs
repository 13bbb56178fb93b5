// Load by autocannon. A line of JSON in, a line of JSON out, for as long as there are lines:
// `{port, path, headers, bodies, connections, amount}` → `{seconds, milliseconds}`, or `{refused}`.

import { createInterface } from "node:readline";

import autocannon from "autocannon";

const REFUSED = '"errors":[';

async function measured({ port, path, headers, bodies, connections, amount }) {
  const milliseconds = [];
  let refused = null;
  let turn = 0;
  let started = 0;
  let ended = 0;
  const tracker = autocannon({
    url: `http://127.0.0.1:${port}${path}`,
    method: "POST",
    headers,
    connections,
    amount,
    sampleInt: 10, // how late the end is noticed
    timeout: 120,
    // The connections take turns through the bodies: no two ask for the same at once.
    requests: [{ setupRequest: (request) => ({ ...request, body: bodies[turn++ % bodies.length] }) }],
    verifyBody(body) {
      if (body.includes(REFUSED)) refused ??= body.slice(0, 500);
      return true;
    },
  });
  tracker.on("start", () => (started = performance.now()));
  tracker.on("response", (_, status, __, took) => {
    if (status !== 200) refused ??= `status ${status}`;
    milliseconds.push(took);
    ended = performance.now();
  });
  tracker.on("reqError", (error) => (refused ??= String(error)));
  await tracker;
  return refused === null ? { seconds: (ended - started) / 1000, milliseconds } : { refused };
}

for await (const line of createInterface({ input: process.stdin })) {
  const found = await measured(JSON.parse(line));
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
