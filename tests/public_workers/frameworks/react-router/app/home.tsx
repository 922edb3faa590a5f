export const meta = () => [{ title: "__RELEASE__" }];
export const loader = ({ request }: { request: Request }) => ({ host: new URL(request.url).hostname });

export default function Home({ loaderData }: any) {
  return <h1>Served at {loaderData.host}</h1>;
}
