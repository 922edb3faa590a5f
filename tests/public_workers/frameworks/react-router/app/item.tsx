export const loader = ({ params }: any) => {
  if (params.id === "0") throw new Response("none", { status: 404 });
  return { id: params.id };
};

export default function Item({ loaderData }: any) {
  return <p>{`item-${loaderData.id}`}</p>;
}
