import { json } from "@remix-run/cloudflare";
import { useLoaderData } from "@remix-run/react";

export const meta = () => [{ title: "__RELEASE__" }];
export const loader = ({ context }: any) => json({ greeting: context.cloudflare.env.GREETING });
export const action = async ({ request }: any) => json({ name: (await request.formData()).get("name") });

export default function Index() {
  return <h1>{useLoaderData<typeof loader>().greeting}</h1>;
}
