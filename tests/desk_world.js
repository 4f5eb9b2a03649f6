// Simulates two people at one desk in one window. DeskSync, its store and its requests are the real ones; the clock,
// the connection, and crashes of pages and of the server are simulated.

import { DeskSync, openStore, poster } from "/static/js/desk-sync.js";

export async function play({ meeting, page, sync, user, seed, steps, oneAtATime }) {
  let now = 0;
  let timers = [];
  let number = 0;
  const random = generator(seed);
  const uuid = () => "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () => Math.floor(random() * 16).toString(16));
  const people = [0, 1].map((who) => ({ who, connection: "whole", engine: null, alive: false }));
  const words = []; // { word, who, at, safe }
  let queue = Promise.resolve();
  let crashAt = 0;

  const clock = (person) => {
    const life = person.life;
    return {
      now: () => now,
      set(act, ms) {
        const timer = { at: now + ms, act: () => person.life === life && act() };
        timers.push(timer);
        return timer;
      },
      clear: (timer) => { timers = timers.filter((other) => other !== timer); },
    };
  };

  const pending = new Set();
  const track = (promise) => {
    const settled = promise.catch((error) => { problems.push(String(error.stack ?? error)); });
    pending.add(settled);
    settled.finally(() => pending.delete(settled));
    return promise;
  };
  const problems = [];

  // The connection: whole, cut, or cut after the request has passed.
  const net = (person) => async (address, options) => {
    const life = person.life;
    if (person.connection === "cut") throw new TypeError("cut");
    const headers = { ...options.headers };
    if (crashAt && options.method === "POST") {
      headers["X-Crash-At"] = String(crashAt);
      crashAt = 0;
    }
    const lost = person.connection === "responses lost" && options.method === "POST";
    const send = () => fetch(address, { ...options, headers });
    const response = await (oneAtATime ? (queue = queue.catch(() => {}).then(send)) : send());
    if (oneAtATime) queue = queue.then(() => response.clone().text());
    if (lost || person.life !== life) throw new TypeError("lost");
    return response;
  };

  // Wait until no request and no write to the store is pending.
  async function settle() {
    for (let quiet = 0; quiet < 3; ) {
      const busy = people.some(({ alive, engine }) => alive && engine.request) || pending.size;
      quiet = busy ? 0 : quiet + 1;
      await new Promise((resolve) => { const channel = new MessageChannel(); channel.port1.onmessage = resolve; channel.port2.postMessage(0); });
      const waits = [...pending, ...people.map(({ alive, engine }) => (alive ? engine.request : null)).filter(Boolean)];
      if (waits.length) await Promise.race(waits);
    }
  }

  async function pass(ms) {
    const end = now + ms;
    for (;;) {
      const due = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      now = Math.max(now, due.at);
      timers = timers.filter((timer) => timer !== due);
      due.act();
      await settle();
      markSafe();
    }
    now = end;
    markSafe();
  }

  // A word that has been on an open page for five seconds must not be lost from then on.
  function markSafe() {
    for (const word of words) {
      if (!word.safe && word.life === people[word.who].life && now - word.at >= 5000) word.safe = true;
    }
  }

  async function readPage() {
    const send = () => fetch(page, { cache: "no-store" }).then((response) => response.text());
    const text = await (oneAtATime ? (queue = queue.catch(() => {}).then(send)) : send());
    const document = new DOMParser().parseFromString(text, "text/html");
    const fields = {};
    for (const box of document.querySelectorAll("[data-key]")) {
      const { key, base, parent = "" } = box.dataset;
      const control = box.querySelector("textarea, input[type=text], input[type=date], select");
      if (control) fields[key] = { base, value: control.value, parent };
    }
    return { document, fields };
  }

  async function open(person) {
    if (person.alive) kill(person);
    person.life = ++number;
    person.client = uuid();
    const mine = person.life;
    person.store = await openStore(user, meeting, person.client, async (client) => people.some((other) => other.alive && other.client === client));
    // The page itself loads over a whole connection.
    const { connection } = person;
    person.connection = "whole";
    const { document, fields } = await readPage();
    person.tokens = document;
    const engine = new DeskSync({
      client: person.client,
      user,
      empty: document.querySelector("#desk").dataset.empty,
      post: poster(sync, user, document.querySelector("[name=csrfmiddlewaretoken]").value, net(person)),
      store: person.store,
      timers: clock(person),
      uuid,
      page: { status: () => {}, value: () => {}, removed: () => {}, restored: () => {}, state: () => {} },
    });
    person.engine = engine;
    person.alive = person.life === mine;
    // Sometimes it is cut again before the first request of the script.
    if (random() < 0.4) person.connection = connection;
    await track(engine.start(fields));
    await settle();
    person.connection = connection;
  }

  function kill(person) {
    person.engine?.stop();
    person.alive = false;
    person.life = ++number;
  }

  function type(person, key, parent) {
    const { engine } = person;
    const word = `ord${words.length}x${seed}`;
    const isRich = /:(discussion|decision|dissent)$/.test(key);
    const before = engine.drafts.get(key)?.value ?? "";
    engine.type(key, isRich ? `${before}<p>${word}</p>` : `${before} ${word}`.trim(), parent);
    words.push({ word, who: person.who, at: now, life: person.life, safe: false, key });
  }

  // A window without a script: submit the form as it was loaded, with one more word.
  async function formRound(person, key, between) {
    const { document } = await readPage();
    const form = document.querySelector("#desk");
    await between();
    const data = new URLSearchParams();
    for (const control of form.querySelectorAll("input[name], textarea[name], select[name]")) {
      if (control.type === "radio" && !control.checked) continue;
      data.append(control.name, control.value);
    }
    const word = `ord${words.length}x${seed}`;
    if (!data.has(`value~${key}`)) return;
    data.set(`value~${key}`, `${data.get(`value~${key}`)}\r\n<p>${word}</p>`);
    const send = () => fetch(page, { method: "POST", body: data });
    const twice = random() < 0.3;
    for (let times = 0; times < (twice ? 2 : 1); times += 1) {
      const response = await (oneAtATime ? (queue = queue.catch(() => {}).then(send)) : send());
      if (response.ok && times === 0) words.push({ word, who: person.who, at: now, life: -1, safe: true, key });
    }
  }

  async function choose(person, choice) {
    const [clash] = person.engine?.clashes ?? [];
    if (person.alive && clash) await track(person.engine.decide(clash, choice));
  }

  for (const person of people) await open(person);
  for (const [act, who, ...args] of steps) {
    const person = people[who];
    if (act === "type" && person.alive) type(person, ...args);
    else if (act === "pass") await pass(args[0]);
    else if (act === "connection") person.connection = args[0];
    else if (act === "kill") kill(person);
    else if (act === "open") await open(person);
    else if (act === "crash") crashAt = args[0];
    else if (act === "form") await formRound(person, args[0], async () => { if (args[1]) await pass(args[1]); });
    else if (act === "choose") await choose(person, args[0]);
    else if (act === "flush" && person.alive) track(person.engine.flush());
    await settle();
  }

  // At the end the connection is whole, and one of them opens the desk again in the same browser.
  crashAt = 0;
  for (const person of people) {
    person.connection = "whole";
    kill(person);
  }
  await settle();
  await open(people[0]);
  await pass(3000);
  const unsent = people[0].engine.unsent.map(({ key }) => key);
  kill(people[0]);
  const stored = await (await openStore(user, meeting, "", async () => false)).entries();
  return { words, stored: stored.map(({ key, value }) => [key, value]), unsent, problems };
}

function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
