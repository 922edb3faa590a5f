import { json } from "@sveltejs/kit";

export const GET = () => json({ release: "__RELEASE__" });
