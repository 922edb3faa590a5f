/** What a page has beside its own modules: htmx, its events, and ours. */

interface HtmxDetail {
  elt: HTMLElement;
  target: HTMLElement;
  xhr: XMLHttpRequest;
  shouldSwap: boolean;
  requestConfig: { formData: FormData };
}
type HtmxEvent = CustomEvent<HtmxDetail>;

interface Htmx {
  process(element: Element): void;
  trigger(element: Element | string, event: string): void;
  ajax(
    verb: string,
    path: string,
    options: { source?: string; target: string; swap: string; values: Record<string, unknown> },
  ): Promise<void> | undefined;
}

interface SluiceEvents {
  "htmx:afterRequest": HtmxEvent;
  "htmx:afterSettle": HtmxEvent;
  "htmx:afterSwap": HtmxEvent;
  "htmx:beforeOnLoad": HtmxEvent;
  "htmx:beforeRequest": HtmxEvent;
  "htmx:beforeSwap": HtmxEvent;
  "htmx:load": HtmxEvent;
  "htmx:responseError": HtmxEvent;
  /** Parts pushed by the server are on the page now. */
  "live:updated": Event;
}

interface DocumentEventMap extends SluiceEvents {}
interface HTMLElementEventMap extends SluiceEvents {}
interface WindowEventMap extends SluiceEvents {}

interface Window {
  htmx?: Htmx;
}
