// Evaluated before the version's code, which does not see our binding.
import { env } from "cloudflare:workers";

delete env["sluice:objects"];
