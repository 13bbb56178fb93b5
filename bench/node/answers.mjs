// Rows of the agencies as objects of the harmonised schema. Every `id` is the plain key.

import { code, instant, isBusinessNumber, plain, shown, since, stamp } from "./codes.mjs";
import { accounts, customs, foodPermits, foodPermitsFrom, limited, trade } from "./sources.mjs";

const ports = new Map(await customs("PORTS"));
const numbers = new Map();
for (const [number, locode] of ports) numbers.set(locode, [...(numbers.get(locode) ?? []), number]);

const port = (number) => ports.get(number) ?? null;

function grouped(rows, key, make) {
  const found = new Map();
  for (const row of rows) {
    const group = found.get(row[key]);
    if (group) group.push(make(row));
    else found.set(row[key], [make(row)]);
  }
  return found;
}

function shipment([ccn, day, clock, arrival, packages, name, number, status, equipment, sizes]) {
  const [importerName, importerNumber] = [shown(name), shown(number)];
  const known = importerName !== null || importerNumber !== null;
  return {
    id: ccn,
    ccn,
    status: code("STATUS", status),
    eta: instant(day, clock),
    portOfArrival: port(arrival),
    packages,
    importer: known ? { name: importerName, businessNumber: importerNumber } : null,
    containers: equipment.map((box, index) => ({
      number: box === null ? null : plain(box) || null,
      sizeType: shown(sizes[index]),
    })),
  };
}

const filtered = ({ portOfArrival, eta }) => [numbers.get(portOfArrival.eq) ?? [], ...since(eta.gte)];

export async function releaseQueue(filter) {
  return (await customs("QUEUE", ...filtered(filter))).map(shipment);
}

export async function oneShipment(ccn) {
  const rows = await customs("ONE", ccn);
  return rows.length ? shipment(rows[0]) : null;
}

export async function longList(filter, first) {
  const rows = await customs(limited("LONG", first), ...filtered(filter));
  return rows.map(([ccn, ucr, mode, loading, arrival, day, clock, packages, carrierCode, carrierName]) => ({
    id: ccn,
    ccn,
    ucr,
    mode: code("MODE", mode),
    portOfLoading: port(loading),
    portOfArrival: port(arrival),
    eta: instant(day, clock),
    packages,
    carrierCode,
    carrierName,
  }));
}

export async function organizations(wanted) {
  const found = new Map();
  for (const { bn15, name, address, pip } of await accounts(wanted)) {
    const one = { id: bn15, legalName: name.legal, country: address.country, trustedTrader: pip.status === "ACTIVE" };
    found.set(bn15, one);
  }
  return found;
}

export { isBusinessNumber };

export async function declarations(ccns) {
  return grouped(await customs("DECLARATIONS", ccns), 0, ([, number, version, direction, accepted]) => ({
    id: number,
    transactionNumber: number,
    version,
    direction: code("DIRECTION", direction),
    acceptedAt: stamp(accepted),
  }));
}

export async function goodsItems(transactions) {
  const rows = await customs("ITEMS", transactions);
  return grouped(rows, 0, ([, sequence, hs, description, country, quantity, unit, agencies, cited]) => ({
    sequence,
    hs: shown(hs),
    description: shown(description),
    originCountry: code("COUNTRY", country),
    quantity: quantity === null ? null : { value: quantity, unit: shown(unit) },
    citedPermits: cited.map((number, index) => ({ issuer: code("AGENCY", agencies[index]), number: plain(number) })),
  }));
}

const permit = (number, type, status, validTo) => ({ id: number, number, type, status, validTo });
const foodState = (row) => (row.suspended ? "SUSPENDED" : code("FOOD_STATE", row.state));

async function ofFood(wanted) {
  const rows = wanted.length ? await foodPermits(wanted) : [];
  return new Map(
    rows.map((row) => {
      const number = plain(row.no);
      return [number, permit(number, row.kind, foodState(row), row.expiry)];
    }),
  );
}

async function ofTrade(wanted) {
  const stored = wanted.map((number) => `${number.slice(0, 2)}-${number.slice(2)}`);
  const rows = stored.length ? await trade("PERMITS", stored) : [];
  return new Map(
    rows.map(([number, type, state, end]) => [number, permit(number, type, code("TRADE_STATE", state), end)]),
  );
}

// Of each citation its permit, or null.
export async function citedPermits(citations) {
  const of = (agency) => citations.filter(({ issuer }) => issuer === agency).map(({ number }) => number);
  const [food, trades] = await Promise.all([ofFood(of("FOOD")), ofTrade(of("TRADE_CONTROLS"))]);
  const found = { FOOD: food, TRADE_CONTROLS: trades };
  return citations.map(({ issuer, number }) => found[issuer].get(number) ?? null);
}

const compared = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

export async function expiring(day) {
  const [rows, foodRows] = await Promise.all([trade("PERMITS_FROM", day), foodPermitsFrom(day)]);
  const made = foodRows.map((row) => ({
    ...permit(plain(row.no), row.kind, foodState(row), row.expiry),
    validFrom: row.from,
    holder: { name: row.holder.name, businessNumber: row.holder.bn },
    issuer: { code: "FOOD" },
  }));
  for (const [number, type, state, start, end, name, businessNumber] of rows) {
    made.push({
      ...permit(number, type, code("TRADE_STATE", state), end),
      validFrom: start,
      holder: { name, businessNumber },
      issuer: { code: "TRADE_CONTROLS" },
    });
  }
  made.sort(
    (a, b) =>
      compared(a.validTo, b.validTo) || compared(a.issuer.code, b.issuer.code) || compared(a.number, b.number),
  );
  return made.slice(0, 50);
}
