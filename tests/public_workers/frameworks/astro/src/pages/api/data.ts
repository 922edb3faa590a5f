export const GET = () => Response.json({ release: "__RELEASE__" });
