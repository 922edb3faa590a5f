// @ts-check
// What the live log has received and not displayed yet: bounded, whatever the rate.

export const MAX_ROWS = 200;
const MAX_WAITING = 500;
const MAX_EARLY = 200;

/** Rows that wait for the page, and lines of Workers that came before their row. */
export class LogFeed {
  /** @type {string[]} */
  #waiting = [];
  /** @type {Map<string, string>} */
  #early = new Map();
  /** Rows that were dropped because they came too fast. */
  missed = 0;

  get waiting() {
    return this.#waiting.length;
  }

  /** @param {string[]} rows @param {number} missed dropped by the server */
  add(rows, missed) {
    this.#waiting.push(...rows);
    this.missed += missed;
    const surplus = this.#waiting.length - MAX_WAITING;
    if (surplus > 0) this.missed += this.#waiting.splice(0, surplus).length;
  }

  /** The newest rows, as many as the page shows. */
  takeRows() {
    const newest = this.#waiting.slice(-MAX_ROWS);
    this.missed += this.#waiting.length - newest.length;
    this.#waiting = [];
    return newest;
  }

  /** @param {string} place @param {string} html */
  addEarly(place, html) {
    this.#early.set(place, (this.#early.get(place) ?? "") + html);
    if (this.#early.size <= MAX_EARLY) return;
    const [oldest] = this.#early.keys();
    this.#early.delete(oldest);
  }

  /** @param {string} place */
  takeEarly(place) {
    const html = this.#early.get(place);
    this.#early.delete(place);
    return html;
  }
}
