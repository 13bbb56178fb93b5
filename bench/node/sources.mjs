// The agencies' stores and APIs, asked as the floor asks them: its statements, prepared once a connection, and its calls.

import postgres from "postgres";
import { Pool } from "undici";

const { statements, page } = JSON.parse(process.env.GUICHET_BENCH_KNOWN);
const environment = process.env;
const text = (oids) => ({ to: oids[0], from: oids, serialize: String, parse: (value) => value });

function database(dsn) {
  const sql = postgres(dsn, {
    max: 10,
    ssl: false,
    onnotice: () => {},
    connection: { TimeZone: "UTC" },
    types: { date: text([1082, 1114, 1184]) }, // as text: nobody wants a Date
  });
  return (name, ...values) => sql.unsafe(statements[name], values, { prepare: true }).values();
}

// The name of a statement's text with its number of rows filled in: a list of another length is another statement.
export function limited(name, rows) {
  const made = `${name} ${rows}`;
  statements[made] ??= statements[name].replaceAll("%(rows)s", String(Number(rows)));
  return made;
}

export const customs = database(environment.CUSTOMS_DSN);
export const trade = database(environment.TRADE_DSN);

const pools = new Map();

async function json(url, options = {}) {
  const { origin, pathname, search } = new URL(url);
  let pool = pools.get(origin);
  if (!pool) pools.set(origin, (pool = new Pool(origin, { connections: 16, pipelining: 1, keepAliveTimeout: 30_000 })));
  const { statusCode, body } = await pool.request({ method: "GET", path: pathname + search, ...options });
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
  return body.json();
}

async function batched(url, parameter, keys, size, rows, headers) {
  const asked = [];
  for (let start = 0; start < keys.length; start += size) {
    const some = keys.slice(start, start + size).map(encodeURIComponent).join(",");
    asked.push(json(`${url}?${parameter}=${some}`, { headers }));
  }
  return (await Promise.all(asked)).flatMap((answer) => answer[rows]);
}

let bearer = "";
let bearerEnds = 0;

async function token() {
  if (performance.now() > bearerEnds) {
    const credentials = Buffer.from(`guichet:${environment.REVENUE_SECRET}`).toString("base64");
    const told = await json(environment.REVENUE_TOKEN_URL, {
      method: "POST",
      headers: { authorization: `Basic ${credentials}`, "content-type": "application/x-www-form-urlencoded" },
      body: "grant_type=client_credentials&scope=accounts.read",
    });
    bearer = told.access_token;
    bearerEnds = performance.now() + told.expires_in * 800;
  }
  return bearer;
}

export async function accounts(numbers) {
  const headers = { authorization: `Bearer ${await token()}` };
  return batched(`${environment.REVENUE_URL}/v1/accounts`, "bn", numbers, 100, "accounts", headers);
}

const food = `${environment.FOOD_URL}/permits`;
const foodHeaders = { authorization: `Bearer ${environment.FOOD_TOKEN}` };

export const foodPermits = (numbers) => batched(food, "no", numbers, 50, "permits", foodHeaders);

export async function foodPermitsFrom(day) {
  const asked = `expiresFrom=${day}&offset=0&limit=${page}&sort=expiry`;
  return (await json(`${food}?${asked}`, { headers: foodHeaders })).permits;
}
