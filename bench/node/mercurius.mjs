// Mercurius with its JIT: `node mercurius.mjs PORT`.

import Fastify from "fastify";
import mercurius from "mercurius";

import { jit, Loaders, resolvers, typeDefs } from "./resolvers.mjs";

const app = Fastify({ logger: false });

// DataLoader in the place of Mercurius's own loaders, which write every parent out as JSON to tell it from others.
app.register(mercurius, {
  schema: typeDefs,
  resolvers,
  context: () => ({ loaders: new Loaders() }),
  jit: 1,
  compilerOptions: jit,
});

await app.listen({ port: Number(process.argv[2]), host: "127.0.0.1" });
