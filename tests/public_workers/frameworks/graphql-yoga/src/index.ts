import { createSchema, createYoga } from "graphql-yoga";

const yoga = createYoga({
  schema: createSchema({
    typeDefs: "type Query { release: String! }",
    resolvers: { Query: { release: () => "__RELEASE__" } },
  }),
});

export default { fetch: yoga.fetch };
