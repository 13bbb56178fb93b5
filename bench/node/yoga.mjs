// GraphQL Yoga with graphql-jit: `node yoga.mjs PORT`.

import { createServer } from "node:http";

import { useGraphQlJit } from "@envelop/graphql-jit";
import { createSchema, createYoga } from "graphql-yoga";

import { jit, Loaders, resolvers, typeDefs } from "./resolvers.mjs";

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: () => ({ loaders: new Loaders() }),
  plugins: [useGraphQlJit(jit)],
  logging: false,
  graphiql: false,
  landingPage: false,
  cors: false,
  multipart: false,
});

createServer(yoga).listen(Number(process.argv[2]), "127.0.0.1");
