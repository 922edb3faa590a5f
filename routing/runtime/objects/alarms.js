// Alarms. workerd's own would fire in the process that set them, even after the object has moved, so
// the agent has them and rings the version that the object is assigned to.
import { process } from "sluice-internal:objects-assignment";

const TRIES_MS = [50, 100, 200, 500, 1000, 2000, 4000]; // an agent that restarts is back by then
const LATEST = 8.64e15;

/** Replaces the alarm methods of `ctx.storage`. `Base` is the Worker's class. */
export function alarmStorage(ctx, key, Base) {
  const alarm = new Alarm(key, ctx.id, Base);
  const methods = alarm.methods();
  define(ctx.storage, methods);
  const { transaction, deleteAll } = ctx.storage;
  define(ctx.storage, {
    transaction: (run) => transaction.call(ctx.storage, (inside) => run(define(inside, methods))),
    async deleteAll(options) {
      if (process.deletesAlarms) await methods.deleteAlarm();
      return deleteAll.call(ctx.storage, options);
    },
  });
  return alarm;
}

function define(object, methods) {
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(object, name, { value });
  return object;
}

class Alarm {
  #at; // undefined: not read yet
  #writing = Promise.resolve();
  instance = null;

  constructor(key, id, Base) {
    Object.assign(this, { key, id, Base });
  }

  methods() {
    return {
      setAlarm: (time) => this.#set(milliseconds(time), this.#check()),
      deleteAlarm: () => this.#set(null),
      getAlarm: () => this.#get(),
    };
  }

  /** The handler is about to run. */
  rings() {
    this.#at = null;
  }

  /** Once the last change is stored. */
  settled() {
    return this.#writing;
  }

  #check() {
    if (typeof (this.instance ?? this.Base.prototype).alarm !== "function")
      throw new Error("Your Durable Object class must have an alarm() handler in order to call setAlarm()");
  }

  #set(at) {
    this.#at = at;
    this.#writing = this.#writing.catch(() => {}).then(() => this.#ask("POST", { at }));
    return this.#writing.then(() => {});
  }

  async #get() {
    await this.#writing.catch(() => {});
    if (this.#at === undefined) ({ at: this.#at } = await this.#ask("POST", { read: true }));
    return this.#at;
  }

  async #ask(method, change) {
    const about = { namespace: this.key, id: this.id.toString(), name: this.id.name ?? null };
    const body = JSON.stringify({ ...about, ...change });
    const headers = { "x-edge-version": process.version };
    for (const wait of [...TRIES_MS, 0]) {
      try {
        const url = "http://agent/objects/alarm";
        const response = await process.router.env.control.fetch(url, { method, headers, body });
        if (response.ok) return await response.json();
        if (response.status < 500) throw new Refused(`The alarm was refused (${response.status}).`);
      } catch (error) {
        if (error instanceof Refused) throw error;
      }
      if (wait) await scheduler.wait(wait);
    }
    throw new Error("The alarm could not be stored: the edge's agent does not answer.");
  }
}

class Refused extends Error {}

function milliseconds(time) {
  const at = time instanceof Date ? time.getTime() : Number(time);
  if (!(at > 0)) throw new TypeError("setAlarm() cannot be called with an alarm time <= 0");
  if (at > LATEST) throw new TypeError("setAlarm() cannot be called with a time that no Date can have");
  return at;
}
