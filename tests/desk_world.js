// Several people at one desk, in one window and in a time of their own: the engine, its store and its posts are the
// real ones; the clock, the cable and the death of pages and servers are the test's.

import { DeskSync, machine, poster } from "/static/js/desk-sync.js";

export async function play({ meeting, page, sync, user, seed, steps, oneAtATime }) {
  let now = 0;
  let timers = [];
  let number = 0;
  const random = generator(seed);
  const uuid = () => "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () => Math.floor(random() * 16).toString(16));
  const people = [0, 1].map((who) => ({ who, cable: "whole", engine: null, alive: false }));
  const words = []; // { word, who, at, safe }
  let queue = Promise.resolve();
  let dieAt = 0;

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

  // The cable: whole, cut, or cut after the question has passed.
  const net = (person) => async (address, options) => {
    const life = person.life;
    if (person.cable === "cut") throw new TypeError("cut");
    const headers = { ...options.headers };
    if (dieAt && options.method === "POST") {
      headers["X-Die-At"] = String(dieAt);
      dieAt = 0;
    }
    const lost = person.cable === "answers lost" && options.method === "POST";
    const ask = () => fetch(address, { ...options, headers });
    const response = await (oneAtATime ? (queue = queue.catch(() => {}).then(ask)) : ask());
    if (oneAtATime) queue = queue.then(() => response.clone().text());
    if (lost || person.life !== life) throw new TypeError("lost");
    return response;
  };

  // All that waits for the network or the disk has come to rest.
  async function rest() {
    for (let quiet = 0; quiet < 3; ) {
      const busy = people.some(({ alive, engine }) => alive && engine.flying) || pending.size;
      quiet = busy ? 0 : quiet + 1;
      await new Promise((resolve) => { const channel = new MessageChannel(); channel.port1.onmessage = resolve; channel.port2.postMessage(0); });
const waits = [...pending, ...people.map(({ alive, engine }) => (alive ? engine.flying : null)).filter(Boolean)];
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
      await rest();
      look();
    }
    now = end;
    look();
  }

  // What has been on a living screen for five seconds is safe from now on.
  function look() {
    for (const word of words) {
      if (!word.safe && word.life === people[word.who].life && now - word.at >= 5000) word.safe = true;
    }
  }

  async function readPage() {
    const ask = () => fetch(page, { cache: "no-store" }).then((response) => response.text());
    const text = await (oneAtATime ? (queue = queue.catch(() => {}).then(ask)) : ask());
    const document = new DOMParser().parseFromString(text, "text/html");
    const fields = {};
    for (const box of document.querySelectorAll("[data-key]")) {
      const { key, base, under = "" } = box.dataset;
      const control = box.querySelector("textarea, input[type=text], input[type=date], select");
      if (control) fields[key] = { base, value: control.value, under };
    }
    return { document, fields };
  }

  async function open(person) {
    if (person.alive) kill(person);
    person.life = ++number;
    person.client = uuid();
    const mine = person.life;
    person.store = await machine(user, meeting, person.client, async (client) => people.some((other) => other.alive && other.client === client));
    // A cut cable brings no page. Whoever opens the laptop has one first.
    const { cable } = person;
    person.cable = "whole";
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
      tell: { words: () => {}, value: () => {}, gone: () => {}, found: () => {}, state: () => {} },
    });
    person.engine = engine;
    person.alive = person.life === mine;
    // Sometimes it is out again before the page has said a word.
    if (random() < 0.4) person.cable = cable;
    await track(engine.start(fields));
    await rest();
    person.cable = cable;
  }

  function kill(person) {
    person.engine?.stop();
    person.alive = false;
    person.life = ++number;
  }

  function type(person, key, under) {
    const { engine } = person;
    const word = `ord${words.length}x${seed}`;
    const isRich = /:(discussion|decision|dissent)$/.test(key);
    const before = engine.drafts.get(key)?.value ?? "";
    engine.type(key, isRich ? `${before}<p>${word}</p>` : `${before} ${word}`.trim(), under);
    words.push({ word, who: person.who, at: now, life: person.life, safe: false, key });
  }

  // A window without a script: the form as it stood when it was opened, with one word more.
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
    if (!data.has(`f~${key}`)) return;
    data.set(`f~${key}`, `${data.get(`f~${key}`)}\r\n<p>${word}</p>`);
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
  for (const [act, who, ...rest_] of steps) {
    const person = people[who];
    if (act === "type" && person.alive) type(person, ...rest_);
    else if (act === "pass") await pass(rest_[0]);
    else if (act === "cable") person.cable = rest_[0];
    else if (act === "kill") kill(person);
    else if (act === "open") await open(person);
    else if (act === "die") dieAt = rest_[0];
    else if (act === "form") await formRound(person, rest_[0], async () => { if (rest_[1]) await pass(rest_[1]); });
    else if (act === "choose") await choose(person, rest_[0]);
    else if (act === "flush" && person.alive) track(person.engine.flush());
    await rest();
  }

  // The day after: all is whole again, and one of them opens the desk once more on the same machine.
  dieAt = 0;
  for (const person of people) {
    person.cable = "whole";
    kill(person);
  }
  await rest();
  await open(people[0]);
  await pass(3000);
  const unsent = people[0].engine.unsent.map(({ key }) => key);
  kill(people[0]);
  const left = await (await machine(user, meeting, "", async () => false)).entries();
  return { words, left: left.map(({ key, value }) => [key, value]), unsent, problems };
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
