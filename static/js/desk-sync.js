// Storage and synchronisation of the meeting desk, independent of the page. An edit carries an id and the fingerprint of
// the text it is based on. It is not changed until the server has responded, in IndexedDB either: if it is sent again
// after a lost response or a crash, the server recognises the id. See council/meetings/desk/edits.py.

// Milliseconds
const SEND_AFTER_LAST_KEY = 1000;
const SEND_AFTER_FIRST_KEY = 4000;
const STORE_DELAY = 300; // from typing to IndexedDB
const POLL_INTERVAL = 4000;
const RETRY = [2000, 4000, 8000];

export class DeskSync {
  // post(body): a promise of the response; throws Failure.
  // store: put(entry), delete(id), entries() of pages that were closed before; all return promises.
  // timers: now(), set(function, ms), clear(handle).
  // page: callbacks value, state, status, removed, restored, refused.
  constructor({ client, user, empty, post, store, timers, uuid, page, currentRow = () => "", pollInterval = POLL_INTERVAL }) {
    Object.assign(this, { client, user, empty, post, store, timers, uuid, page, currentRow, pollInterval });
    this.drafts = new Map();
    this.restored = []; // drafts of pages that were closed before; sent unchanged
    this.decisions = [];
    this.version = "";
    this.unstored = new Set();
    this.clashes = [];
    this.status = "new";
    this.misses = 0;
    this.savedAt = "";
    this.isClosed = false;
  }

  // fields: key → { base, value, parent, suggested }, as rendered.
  async start(fields) {
    for (const [key, field] of Object.entries(fields)) this.add(key, field);
    const entries = await this.store.entries().catch(() => []);
    this.restored = entries.map((entry) => ({ ...entry, isRestored: true, saved: null }));
    if (this.restored.length) this.page.restored(this.restored.map(({ key, value }) => ({ key, value })));
    return this.flush();
  }

  add(key, { base = this.empty, value = "", parent = "", suggested = false } = {}) {
    const draft = { key, base, value, saved: value, parent, sent: null, clash: "", refused: "" };
    if (suggested) Object.assign(draft, { saved: "", suggested: true });
    this.drafts.set(key, draft);
    return draft;
  }

  stop() {
    this.isStopped = true;
    for (const timer of ["soon", "late", "storing", "polling"]) this.unset(timer);
  }

  // Edits and decisions of the user

  type(key, value, parent = "") {
    const draft = this.drafts.get(key) ?? this.add(key, { parent });
    if (draft.value === value && !draft.suggested) return;
    draft.value = value;
    draft.refused = "";
    draft.suggested = false;
    this.unstored.add(draft);
    if (!this.storing) this.set("storing", STORE_DELAY, () => this.storeDrafts());
    this.set("soon", SEND_AFTER_LAST_KEY, () => this.flush());
    if (!this.late) this.set("late", SEND_AFTER_FIRST_KEY, () => this.flush());
    this.reportStatus();
  }

  // `clash` holds the fingerprints of the two texts that were shown.
  async decide(clash, choice) {
    const wasDirty = [...this.drafts.values()].some((draft) => draft.clash === clash.key && isDirty(draft));
    if (wasDirty) {
      await this.flush();
      clash = this.clashes.find(({ key }) => key === clash.key) ?? clash;
    }
    const decision = { id: this.uuid(), clash: clash.key, choice, base: clash.base, seen: clash.seen };
    this.decisions.push(decision);
    await this.flush();
    return decision.result ?? null;
  }

  // Delete unsent text, from IndexedDB too: chosen at log-out from a shared computer.
  async discard() {
    this.stop();
    const drafts = [...this.restored, ...this.drafts.values()];
    await Promise.all(drafts.map((draft) => this.store.delete(draft.id ?? `${this.client}|${draft.key}`).catch(() => {})));
  }

  get unsent() {
    return [...this.drafts.values(), ...this.restored].filter((draft) => isDirty(draft) && !draft.suggested);
  }

  // IndexedDB

  async storeDrafts() {
    this.unset("storing");
    const drafts = [...this.unstored];
    this.unstored.clear();
    await Promise.all(drafts.map((draft) => this.put(draft)));
  }

  async put(draft) {
    const { key, base, value, parent, sent, clash } = draft;
    const id = draft.id ?? `${this.client}|${key}`;
    try {
      if (isDirty(draft)) await this.store.put({ id, key, base, value, parent, sent, clash, at: draft.at ?? this.timers.now() });
      else await this.store.delete(id);
      this.cannotStore = false;
    } catch {
      this.cannotStore = true;
    }
  }

  // Requests, one at a time, so that responses arrive in order

  flush() {
    if (this.isStopped) return Promise.resolve();
    this.again = Boolean(this.request);
    this.request ??= this.sendAll().finally(() => {
      this.request = null;
    });
    return this.request;
  }

  async sendAll() {
    do {
      this.again = false;
      for (const timer of ["soon", "late", "polling"]) this.unset(timer);
      if (await this.exchange()) this.again = true;
      if (this.isStopped) return;
    } while (this.again && this.status === "ok");
    const wait = this.status === "ok" ? this.pollInterval : RETRY[Math.min(this.misses, RETRY.length) - 1] ?? this.pollInterval;
    this.set("polling", wait, () => this.flush());
    this.reportStatus();
  }

  async exchange() {
    const drafts = [...this.restored, ...this.drafts.values()].filter((draft) => isDirty(draft) && !draft.refused && this.isDue(draft));
    for (const draft of drafts) {
      draft.sent ??= { id: this.uuid(), value: draft.value, base: draft.base, clash: draft.clash, suggested: Boolean(draft.suggested) };
    }
    // Stored before it is sent: after a crash the next page sends the same edit again.
    await this.storeDrafts();
    await Promise.all(drafts.map((draft) => this.put(draft)));
    if (this.isStopped) return false;
    const decisions = [...this.decisions];
    this.reportStatus("sending", drafts.length);
    let response;
    try {
      response = await this.post({
        user: this.user,
        client: this.client,
        row: this.currentRow(),
        version: this.version,
        edits: inOrder(drafts).map((draft) => ({ field: draft.key, parent: draft.parent, ...draft.sent })),
        decisions: decisions.map(({ result: _, ...decision }) => decision),
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
    this.savedAt = response.time;
    const results = new Map(response.results.map((result) => [result.id, result]));
    for (const draft of drafts) this.settle(draft, results.get(draft.sent.id));
    for (const decision of decisions) decision.result = results.get(decision.id);
    this.decisions = this.decisions.filter((decision) => !decisions.includes(decision));
    this.restored = this.restored.filter(isDirty);
    this.version = response.version;
    if (response.state) this.takeState(response.state);
    this.page.state(response.state ?? null, response.present);
    // Deleted from IndexedDB last: after a crash until here it is sent once more, without harm.
    await Promise.all(drafts.map((draft) => this.put(draft)));
    return drafts.some((draft) => isDirty(draft) && !draft.refused && (draft.isRestored || draft.sent)) || this.decisions.length > 0;
  }

  // Suggestions are sent with the first edit.
  isDue(draft) {
    return !draft.suggested || this.unsent.length > 0 || this.sendsSuggestions;
  }

  settle(draft, result) {
    if (!result) return;
    const { value } = draft.sent;
    draft.sent = null;
    if (result.outcome === "refused") {
      draft.refused = result.message || "Det kunne ikke gemmes.";
      if (draft.isRestored) this.page.refused?.(draft);
      return;
    }
    draft.saved = value;
    draft.base = result.fingerprint;
    draft.clash = result.clash;
    draft.message = result.message;
    // The field has another value, which the next state brings.
    if (result.outcome === "superseded") draft.wasClash = true;
    if (draft.value === value) draft.suggested = false;
  }

  // State from the server

  takeState(state) {
    const open = new Set(state.clashes.map(({ key }) => key));
    this.clashes = state.clashes;
    this.isClosed = Boolean(state.closed);
    for (const [key, [value, base]] of Object.entries(state.fields)) {
      const draft = this.drafts.get(key) ?? this.add(key, { base, value: null });
      draft.isOnServer = true;
      const mine = draft.clash && open.has(draft.clash);
      if (draft.clash && !mine && !isDirty(draft)) Object.assign(draft, { clash: "", wasClash: true });
      if (draft.suggested && base === this.empty) continue;
      if (mine || draft.sent || (isDirty(draft) && !draft.suggested)) continue;
      draft.suggested = false;
      if (draft.base === base && draft.value !== null && !draft.wasClash) continue;
      Object.assign(draft, { base, value, saved: value, wasClash: false });
      this.page.value(key, value, base);
    }
    for (const draft of this.drafts.values()) draft.wasClash = Boolean(draft.clash) || (draft.wasClash && isDirty(draft));
    // Fields of a row that was removed are dropped, unless they hold unsent text.
    for (const [key, draft] of this.drafts) {
      if (draft.isOnServer && !(key in state.fields) && !isDirty(draft)) {
        this.drafts.delete(key);
        this.page.removed(key);
      }
    }
  }

  // Status

  reportStatus(doing = "", count = 0) {
    const unsent = this.unsent;
    const refused = [...this.drafts.values()].filter((draft) => draft.refused);
    let kind = "saved";
    if (this.misses) kind = this.status;
    else if (refused.length) kind = "refused";
    else if (doing === "sending" && count) kind = "sending";
    else if (unsent.length) kind = "waiting";
    else if (this.isClosed) kind = "closed";
    else if (!this.savedAt) kind = "new";
    this.page.status({ kind, time: this.savedAt, unsent: unsent.length, problem: this.problem, cannotStore: Boolean(this.cannotStore), refused });
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

// The heading of a new row is sent before its other fields.
function inOrder(drafts) {
  const rank = ({ key }) => (/^item:.*:title$/.test(key) ? 0 : key.startsWith("item:") ? 1 : /:(text|status)$/.test(key) ? 2 : 3);
  return [...drafts].sort((a, b) => rank(a) - rank(b));
}

// The server

export class Failure extends Error {
  constructor(status, message = "") {
    super(message);
    this.status = status; // offline, broken, loggedout, denied or other
  }
}

// Return a function that posts to the desk's address. The CSRF token changes when the user logs in again in another
// window, so after a 403 it is fetched again, once.
export function poster(address, user, token, fetch = globalThis.fetch.bind(globalThis), wait = 15000) {
  const request = async (options) => {
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
      if (response.ok) throw new Failure("offline"); // an incomplete response, or a captive portal
    }
    return { status: response.status, content };
  };
  const refresh = async () => {
    const { status, content } = await request({ method: "GET" });
    if (!content?.csrf) throw new Failure(status === 403 || status === 404 ? "denied" : "broken");
    if (content.user !== user) throw new Failure("other");
    token = content.csrf;
  };
  return async (body, options = {}) => {
    const send = () => request({
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
    if (status === 403 || status === 404) throw new Failure("denied");
    if (status !== 200 || !content?.results) throw new Failure("broken", content?.problem ?? "");
    return content;
  };
}

// IndexedDB with strict durability, separated by user and meeting

const open = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("udsat-moedebord", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("drafts", { keyPath: "id" }).createIndex("scope", "scope");
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  });

export async function openStore(user, meeting, client, isAlive = async () => false) {
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
    deleteAllOf: (page) => run("readwrite", (drafts) => drafts.delete(IDBKeyRange.bound(`${page}|`, `${page}|\uffff`))),
    async entries() {
      const entries = await run("readonly", (drafts) => drafts.index("scope").getAll(scope));
      const others = [];
      for (const entry of entries) {
        if (entry.client !== client && !(await isAlive(entry.client))) others.push(entry);
      }
      return others.sort((a, b) => a.at - b.at);
    },
    close: () => database.close(),
  };
}
