// The header of each request to the state process: `<kind>:<id>:<capability>`.
export const HEADER = "x-sluice-state";

/** @param {Request} request @returns {{kind: string, id: string, capability: string} | null} */
export function parse(request) {
  const text = request.headers.get(HEADER) ?? "";
  const first = text.indexOf(":");
  const last = text.lastIndexOf(":");
  if (first < 1 || last <= first) return null;
  return {
    kind: text.slice(0, first),
    id: text.slice(first + 1, last),
    capability: text.slice(last + 1),
  };
}

/** The namespace that the front has admitted the request to. @param {Request} request */
export function namespaceOf(request) {
  const target = parse(request);
  if (!target) throw new Error(`${HEADER} is missing`);
  return target.id;
}
