const PAGE = `<html><head><title>old</title></head><body><a href="/x">x</a><!-- note --></body></html>`;

class Links {
  element(element) {
    element.setAttribute("href", `https://example.com${element.getAttribute("href")}`);
  }
}

export default {
  async fetch() {
    const page = new Response(PAGE, { headers: { "content-type": "text/html" } });
    return new HTMLRewriter()
      .on("title", { element: (element) => void element.setInnerContent("__RELEASE__") })
      .on("a", new Links())
      .onDocument({ comments: (comment) => void comment.remove() })
      .transform(page);
  },
};
