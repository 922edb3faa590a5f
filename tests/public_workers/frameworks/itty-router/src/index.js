import { AutoRouter, error } from "itty-router";

const router = AutoRouter();
router
  .get("/", () => ({ release: "__RELEASE__" }))
  .get("/items/:id", ({ id }) => (id === "0" ? error(410, "gone") : { id }));

export default router;
