// What keeps the words of the meeting desk: it knows nothing of the page. Each field is sent with the fingerprint of
// the text it was based on and an id of its own, and what has been sent stays as it is, on the machine too, until
// there is an answer: sent again after a lost answer or a dead browser it is known by its id. See council/desk/desk.py.

const PAUSE = 1000; // after the last key, and
const PATIENCE = 4000; // at the latest after the first: whoever types without a pause is saved as well
const KEEP = 300; // until what is typed is on the machine
const LISTEN = 4000; // between two questions what the others have done
const RETRY = [2000, 4000, 8000];

export class DeskSync {
  // post(body): a promise of the answer; throws Unreachable, LoggedOut or Refused.
  // store: put(entry), delete(id), entries(): those that pages before this one left, as promises.
  // timers: now(), set(function, ms), clear(handle). tell: value, state, words, gone, found: functions of the page.
  constructor({ client, user, empty, post, store, timers, uuid, tell, place = () => "" }) {
    Object.assign(this, { client, user, empty, post, store, timers, uuid, tell, place });
    this.drafts = new Map();
    this.left = []; // drafts that an earlier page left behind: sent as they are, whatever stands in the field now
    this.decisions = [];
    this.stamp = "";
    this.clashes = [];
    this.status = "new";
    this.misses = 0;
    this.savedAt = "";
    this.isClosed = false;
  }

  // fields: key → { base, value, under, suggested }, as the page was made.
  async start(fields) {
    for (const [key, field] of Object.entries(fields)) this.add(key, field);
    const entries = await this.store.entries().catch(() => []);
    this.left = entries.map((entry) => ({ ...entry, isLeft: true, saved: null }));
    if (this.left.length) this.tell.found(this.left.map(({ key, value }) => ({ key, value })));
    return this.flush();
  }

  add(key, { base = this.empty, value = "", under = "", suggested = false } = {}) {
    const draft = { key, base, value, saved: value, under, sent: null, clash: "", refused: "" };
    if (suggested) Object.assign(draft, { saved: "", suggested: true });
    this.drafts.set(key, draft);
    return draft;
  }

  stop() {
    this.isStopped = true;
    for (const timer of ["soon", "late", "keeping", "listening"]) this.unset(timer);
  }

  // What the person does

  type(key, value, under = "") {
    const draft = this.drafts.get(key) ?? this.add(key, { under });
    if (draft.value === value && !draft.suggested) return;
    draft.value = value;
    draft.refused = "";
    draft.suggested = false;
    this.wantsKeeping = (this.wantsKeeping ?? new Set()).add(draft);
    if (!this.keeping) this.set("keeping", KEEP, () => this.keep());
    this.set("soon", PAUSE, () => this.flush());
    if (!this.late) this.set("late", PATIENCE, () => this.flush());
    this.say();
  }

  // The texts to choose between are those that the clash was shown with.
  async decide(clash, choice) {
    const wasDirty = [...this.drafts.values()].some((draft) => draft.clash === clash.key && isDirty(draft));
    if (wasDirty) {
      await this.flush();
      clash = this.clashes.find(({ key }) => key === clash.key) ?? clash;
    }
    const decision = { id: this.uuid(), clash: clash.key, choice, base: clash.base, seen: clash.seen };
    this.decisions.push(decision);
    await this.flush();
    return decision.answer ?? null;
  }

  // Let go of what has not been sent, on the machine too: by her own word, on a computer that others use.
  async forget() {
    this.stop();
    const drafts = [...this.left, ...this.drafts.values()];
    await Promise.all(drafts.map((draft) => this.store.delete(draft.id ?? `${this.client}|${draft.key}`).catch(() => {})));
  }

  get unsent() {
    return [...this.drafts.values(), ...this.left].filter((draft) => isDirty(draft) && !draft.suggested);
  }

  // Keeping on the machine

  async keep() {
    this.unset("keeping");
    const drafts = [...(this.wantsKeeping ?? [])];
    this.wantsKeeping = new Set();
    await Promise.all(drafts.map((draft) => this.put(draft)));
  }

  async put(draft) {
    const { key, base, value, under, sent, clash } = draft;
    const id = draft.id ?? `${this.client}|${key}`;
    try {
      if (isDirty(draft)) await this.store.put({ id, key, base, value, under, sent, clash, at: draft.at ?? this.timers.now() });
      else await this.store.delete(id);
      this.cannotKeep = false;
    } catch {
      this.cannotKeep = true;
    }
  }

  // Sending. One request at a time, so that no answer overtakes another.

  flush() {
    if (this.isStopped) return Promise.resolve();
    this.again = Boolean(this.flying);
    this.flying ??= this.fly().finally(() => {
      this.flying = null;
    });
    return this.flying;
  }

  async fly() {
    do {
      this.again = false;
      for (const timer of ["soon", "late", "listening"]) this.unset(timer);
      const more = await this.exchange();
      if (this.isStopped) return;
      if (more) this.again = true;
    } while (this.again && this.status === "ok");
    const wait = this.status === "ok" ? LISTEN : RETRY[Math.min(this.misses, RETRY.length) - 1] ?? LISTEN;
    this.set("listening", wait, () => this.flush());
    this.say();
  }

  async exchange() {
    const drafts = [...this.left, ...this.drafts.values()].filter((draft) => isDirty(draft) && !draft.refused && this.isTime(draft));
    for (const draft of drafts) {
      draft.sent ??= { id: this.uuid(), value: draft.value, base: draft.base, clash: draft.clash, suggested: Boolean(draft.suggested) };
    }
    // Before it is sent: a page that dies now is followed by one that sends the same edit again.
    await this.keep();
    await Promise.all(drafts.map((draft) => this.put(draft)));
    if (this.isStopped) return false;
    const decisions = [...this.decisions];
    this.say("sending", drafts.length);
    let answer;
    try {
      answer = await this.post({
        user: this.user,
        client: this.client,
        place: this.place(),
        stamp: this.stamp,
        edits: inOrder(drafts).map((draft) => ({ field: draft.key, under: draft.under, ...draft.sent })),
        decisions: decisions.map(({ answer: _, ...decision }) => decision),
      });
    } catch (error) {
      if (this.isStopped) return false;
      this.status = error.status ?? "offline";
      this.problem = error.message;
      this.misses += 1;
      return false;
    }
    if (this.isStopped) return false;
    this.status = "ok";
    this.misses = 0;
    this.savedAt = answer.time;
    const answers = new Map(answer.answers.map((one) => [one.id, one]));
    for (const draft of drafts) this.settle(draft, answers.get(draft.sent.id));
    for (const decision of decisions) decision.answer = answers.get(decision.id);
    this.decisions = this.decisions.filter((decision) => !decisions.includes(decision));
    this.left = this.left.filter(isDirty);
    this.stamp = answer.stamp;
    if (answer.state) this.take(answer.state);
    this.tell.state(answer.state ?? null, answer.present);
    // Tell the machine last: until then it would be sent once more, which does no harm.
    await Promise.all(drafts.map((draft) => this.put(draft)));
    return drafts.some((draft) => isDirty(draft) && !draft.refused && (draft.isLeft || draft.sent)) || this.decisions.length > 0;
  }

  // Suggestions wait for the first word that a person writes.
  isTime(draft) {
    return !draft.suggested || this.unsent.length > 0 || this.sendsSuggestions;
  }

  settle(draft, answer) {
    if (!answer) return;
    const { value } = draft.sent;
    draft.sent = null;
    if (answer.outcome === "afvist") {
      draft.refused = answer.message || "Det kunne ikke gemmes.";
      // What nobody can take any more stays on the machine only if somebody typed it.
      if (draft.isLeft) this.tell.refused?.(draft);
      return;
    }
    draft.saved = value;
    draft.base = answer.fingerprint;
    draft.clash = answer.clash;
    draft.message = answer.message;
    // What stands in the field is another's: take it from the next state.
    if (answer.outcome === "veg") draft.wasClash = true;
    if (draft.value === value) draft.suggested = false;
  }

  // What the others have done

  take(state) {
    const open = new Set(state.clashes.map(({ key }) => key));
    this.clashes = state.clashes;
    this.isClosed = Boolean(state.closed);
    for (const [key, [value, base]] of Object.entries(state.fields)) {
      const draft = this.drafts.get(key) ?? this.add(key, { base, value: null });
      draft.isHere = true;
      const mine = draft.clash && open.has(draft.clash);
      if (draft.clash && !mine && !isDirty(draft)) Object.assign(draft, { clash: "", wasClash: true });
      if (draft.suggested && base === this.empty) continue;
      if (mine || draft.sent || (isDirty(draft) && !draft.suggested)) continue;
      draft.suggested = false;
      if (draft.base === base && draft.value !== null && !draft.wasClash) continue;
      Object.assign(draft, { base, value, saved: value, wasClash: false });
      this.tell.value(key, value, base);
    }
    for (const draft of this.drafts.values()) draft.wasClash = Boolean(draft.clash) || (draft.wasClash && isDirty(draft));
    // A row that another removed takes its fields with it, but not what is typed in them.
    for (const [key, draft] of this.drafts) {
      if (draft.isHere && !(key in state.fields) && !isDirty(draft)) {
        this.drafts.delete(key);
        this.tell.gone(key);
      }
    }
  }

  // In words

  say(doing = "", count = 0) {
    const unsent = this.unsent;
    const refused = [...this.drafts.values()].filter((draft) => draft.refused);
    let kind = "saved";
    if (this.misses) kind = this.status;
    else if (refused.length) kind = "refused";
    else if (doing === "sending" && count) kind = "sending";
    else if (unsent.length) kind = "waiting";
    else if (this.isClosed) kind = "closed";
    else if (!this.savedAt) kind = "new";
    this.tell.words({ kind, time: this.savedAt, unsent: unsent.length, problem: this.problem, cannotKeep: Boolean(this.cannotKeep), refused });
  }

  set(name, ms, act) {
    this.unset(name);
    this[name] = this.timers.set(() => {
      this[name] = null;
      act();
    }, ms);
  }

  unset(name) {
    if (this[name]) this.timers.clear(this[name]);
    this[name] = null;
  }
}

function isDirty(draft) {
  return Boolean(draft.sent) || draft.value !== draft.saved;
}

// A row is begun by its heading.
function inOrder(drafts) {
  const rank = ({ key }) => (/^punkt:.*:title$/.test(key) ? 0 : key.startsWith("punkt:") ? 1 : /:(text|status)$/.test(key) ? 2 : 3);
  return [...drafts].sort((a, b) => rank(a) - rank(b));
}

// The server

export class Failure extends Error {
  constructor(status, message = "") {
    super(message);
    this.status = status; // offline, broken, loggedout, refused or other
  }
}

// A function that posts to the desk's address. The token of the form grows old when somebody logs in again in another
// window, so a refusal is answered by asking for the new one, once.
export function poster(address, user, token, fetch = globalThis.fetch.bind(globalThis), wait = 15000) {
  const ask = async (options) => {
    let response;
    try {
      response = await fetch(address, { credentials: "same-origin", redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(wait), ...options });
    } catch {
      throw new Failure("offline");
    }
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) throw new Failure("loggedout");
    let content = null;
    try {
      content = await response.json();
    } catch {
      if (response.ok) throw new Failure("offline"); // cut off half-way, or a page of the network's own
    }
    return { status: response.status, content };
  };
  const refresh = async () => {
    const { status, content } = await ask({ method: "GET" });
    if (!content?.csrf) throw new Failure(status === 403 || status === 404 ? "refused" : "broken");
    if (content.user !== user) throw new Failure("other");
    token = content.csrf;
  };
  return async (body, options = {}) => {
    const send = () => ask({
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
      ...options,
    });
    let { status, content } = await send();
    if (status === 403 && !content) {
      await refresh();
      ({ status, content } = await send());
    }
    if (status === 409) throw new Failure("other");
    if (status !== 200 || !content?.answers) throw new Failure("broken", content?.problem ?? "");
    return content;
  };
}

// The machine: IndexedDB, written to the disk at once. Kept apart by person and meeting.

const open = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("udsat-moedebord", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("drafts", { keyPath: "id" }).createIndex("scope", "scope");
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  });

export async function machine(user, meeting, client, isAlive = async () => false) {
  const scope = `${user}:${meeting}`;
  const database = await open();
  const run = (mode, act) =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction("drafts", mode, { durability: "strict" });
      const request = act(transaction.objectStore("drafts"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  return {
    put: (entry) => run("readwrite", (drafts) => drafts.put({ ...entry, scope, client: entry.id.split("|")[0] })),
    delete: (id) => run("readwrite", (drafts) => drafts.delete(id)),
    async entries() {
      const found = await run("readonly", (drafts) => drafts.index("scope").getAll(scope));
      const others = [];
      for (const entry of found) {
        if (entry.client !== client && !(await isAlive(entry.client))) others.push(entry);
      }
      return others.sort((a, b) => a.at - b.at);
    },
    close: () => database.close(),
  };
}
