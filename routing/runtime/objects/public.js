export * from "sluice-internal:objects-host";
