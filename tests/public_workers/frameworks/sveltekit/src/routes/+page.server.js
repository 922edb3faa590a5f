export const load = ({ platform, url }) => ({ release: "__RELEASE__", greeting: platform.env.GREETING, q: url.searchParams.get("q") });
