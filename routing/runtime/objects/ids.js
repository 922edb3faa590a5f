// Makes ids of another Worker's namespace: they depend on the namespace's key only. It has no objects.
import { DurableObject } from "cloudflare:workers";

export class Ids extends DurableObject {}
export default {};
